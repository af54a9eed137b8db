"""The step that confirms that systemd denies addresses here, as the sandboxes rely on it."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

from porter.errors import PorterError
from porter.host.core.explanation import program
from porter.host.core.machine import Machine

_DENIED = 3
_SEND = f"""\
import socket, sys
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", int(sys.argv[1])))
except OSError:
    sys.exit({_DENIED})
"""
"""A denied datagram fails at once; a denied TCP connection is tried again until a time-out."""


@dataclass(frozen=True, slots=True)
class ConfirmDenied:
    """Send from a unit to an address that is denied to it, which must fail."""

    python: str

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return "confirm that IPAddressDeny= has an effect"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": "confirm-denied"}

    def perform(self, machine: Machine) -> None:
        """Perform the step. Raises `PorterError` if the unit could send, or did not start."""
        run = (program(machine, "systemd-run"), "--quiet", "--wait", "--collect")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
            receiver.bind(("127.0.0.1", 0))
            port = str(receiver.getsockname()[1])
            denied = "--property=IPAddressDeny=127.0.0.1"
            done = machine.run((*run, denied, self.python, "-I", "-c", _SEND, port), seconds=60)
        if done.exit_code == _DENIED:
            return
        if done.exit_code == 0:
            raise PorterError(
                "IPAddressDeny= has no effect: programs would reach the host's role",
                where="systemd",
                cure="boot a kernel with CONFIG_CGROUP_BPF and the unified control group hierarchy",
            )
        what = f"cannot test IPAddressDeny=, exit code {done.exit_code}: {done.output.strip()}"
        raise PorterError(what, where="systemd-run")
