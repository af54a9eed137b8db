"""Compare porterds of several source trees in one run: `python -m benchmarks.porterd TREE...`.

Prints for each tree, interleaved: the first answer after the start, memory (PSS of both processes)
idle and with 500 long polls, CPU per request at 16 clients, and CPU while idle. Run it in the
repository: the services around porterd are those of the tests.
"""

from __future__ import annotations

import http.client
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.daemon.loopback import Imds, Service, WaitHandle, running
from tests.daemon.porterd_process import PorterdProcess

ROUNDS, CLIENTS, REQUESTS, POLLS, IDLE_SECONDS = 3, 16, 1600, 500, 10
FIRST_SECONDS = 120
POLL = b"GET /v1/events?since=now&wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n"
TICK = os.sysconf("SC_CLK_TCK")


class Measured(PorterdProcess):
    """A porterd of the source tree `tree`."""

    tree = Path()

    def spawn(self, run: Sequence[str] = ("-m", "porter.daemon")) -> subprocess.Popen[bytes]:
        """Start the process in its own tree."""
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", *run],
                env={**self.environment, "PYTHONPATH": str(self.tree)},
                cwd="/",
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self._process

    def timed_start(self) -> float:
        """Start, and return the seconds until the first answer.

        Before the port is open, a refused connection costs next to nothing: ask again at once.
        """
        began = time.monotonic()
        self.spawn()
        while time.monotonic() - began < FIRST_SECONDS:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                connection.request("GET", "/health")
                connection.getresponse().read()
            except OSError:
                time.sleep(0.002)
            else:
                return time.monotonic() - began
            finally:
                connection.close()
        raise TimeoutError((self.root / "log").read_text())

    @property
    def pss(self) -> float:
        """Return the proportional memory of both processes, in MB."""
        lines = [
            line
            for pid in (self.master, self.worker)
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        ]
        return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024

    @property
    def cpu(self) -> float:
        """Return the seconds of CPU that both processes used."""
        fields = [
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            for pid in (self.master, self.worker)
        ]
        return sum(int(one[11]) + int(one[12]) for one in fields) / TICK


def measure(tree: Path) -> dict[str, float]:
    """Return one round's figures of `tree`."""
    service, handle, imds = Service(), WaitHandle(), Imds()
    with ExitStack() as stack:
        for server in (service, handle, imds):
            stack.enter_context(running(server))
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        porterd = Measured(root, handle_url=handle.url, imds_url=imds.url)
        porterd.tree = tree
        porterd.watch_over(service.port)
        stack.callback(porterd.sweep)
        figures = {"first answer, s": porterd.timed_start(), "CPU of the start, s": porterd.cpu}
        porterd.until_signal("sent")
        figures["idle, MB"] = porterd.pss
        figures |= requests(porterd)
        figures |= _polls(porterd, stack)
        before = porterd.cpu
        time.sleep(IDLE_SECONDS)
        figures["idle, % of a core"] = (porterd.cpu - before) / IDLE_SECONDS * 100
        return figures


def requests(porterd: Measured) -> dict[str, float]:
    """Return CPU and the slowest answers of requests by 16 clients."""

    def ask(_: int) -> float:
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", porterd.port, timeout=60)
        connection.request("GET", "/v1/identity")
        assert connection.getresponse().read()
        connection.close()
        return time.monotonic() - began

    before = porterd.cpu
    with ThreadPoolExecutor(CLIENTS) as clients:
        seconds = sorted(clients.map(ask, range(REQUESTS)))
    used = (porterd.cpu - before) / REQUESTS * 1e6
    return {"CPU per request, us": used, "p99, ms": seconds[REQUESTS * 99 // 100] * 1000}


def _polls(porterd: Measured, stack: ExitStack) -> dict[str, float]:
    if not (porterd.tree / "porter/daemon/polls.py").exists():
        return {}
    before = porterd.pss
    for _ in range(POLLS):
        client = stack.enter_context(socket.create_connection(("127.0.0.1", porterd.port), 60))
        client.sendall(POLL)
    time.sleep(5)
    return {f"{POLLS} polls, MB more": porterd.pss - before}


def main() -> None:
    """Print the median of each figure for each tree."""
    trees = [Path(one).resolve() for one in sys.argv[1:]]
    rounds = [{tree: measure(tree) for tree in trees} for _ in range(ROUNDS)]
    for tree in trees:
        print(tree)
        for name in rounds[0][tree]:
            values = [one[tree][name] for one in rounds]
            print(
                f"  {name:<22}{statistics.median(values):10.2f}   {[round(v, 2) for v in values]}"
            )


if __name__ == "__main__":
    main()
