"""`python -m tests.hot.killed ROOT NUMBER`: an apply that is killed before its step NUMBER."""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path

from porter.host.apply import apply
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.steps import Step
from porter.host.ports import parse_ports

if __name__ == "__main__":
    numbers = count()
    last = int(sys.argv[2])

    def on_step(_phase: str, _step: Step) -> None:
        """Kill this process before the step of that number."""
        if next(numbers) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    ports = parse_ports(os.environ["PORTER_PORTS"])
    machine = Machine(Layout(Path(sys.argv[1])))
    apply(machine, ports=ports, environment=os.environ, on_step=on_step)
