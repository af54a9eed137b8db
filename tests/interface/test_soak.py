"""Under mixed load and faults for long, porterd's memory, threads and descriptors stay flat.

`make soak` takes an hour (SECONDS=3600), and prints what it measured.
"""

from __future__ import annotations

import logging
import os
import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import pytest

from porter.daemon.lane import THREADS
from porter.spec import HealthCheck, HostSpec, dumps, loads, workload_unit
from tests.daemon.crowd import connect
from tests.daemon.loopback import Imds, Service, WaitHandle, running
from tests.daemon.porterd_process import WORKLOAD, PorterdProcess
from tests.harness import seeds
from tests.interface.page import document
from tests.interface.requests_by_chance import damaged, exchange, sound

SECONDS = float(os.environ.get("PORTER_SOAK_SECONDS", "120"))
SAMPLES = 12
CHECK = HealthCheck(
    "/health", interval_seconds=1, timeout_seconds=1, start_seconds=1, unhealthy_seconds=2
)
HALF = b"GET /v1/events HTTP/1.1\r\nHost: localhost\r\n"
POLL = b"GET /v1/events?since=now&wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n"


_THREADS = 10 + 3 * THREADS
"""Those that always run, and of three lanes, which start a thread when a request first needs it."""

_log = logging.getLogger(__name__)


class Sample(NamedTuple):
    """What both processes have: memory (PSS) in KB, threads, descriptors and children."""

    memory: int
    threads: int
    descriptors: int
    children: int


def sampled(porterd: PorterdProcess) -> Sample:
    """Look at both processes."""
    folders = [Path(f"/proc/{pid}") for pid in (porterd.master, porterd.worker)]
    lines = [line for one in folders for line in (one / "smaps_rollup").read_text().splitlines()]
    return Sample(
        memory=sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")),
        threads=sum(len(list((one / "task").iterdir())) for one in folders),
        descriptors=sum(len(list((one / "fd").iterdir())) for one in folders),
        children=len(
            (folders[1] / f"task/{porterd.worker}/children").read_text().split(),
        ),
    )


@dataclass
class Host:
    """A porterd and what it depends on, which the soak breaks and mends."""

    porterd: PorterdProcess
    service: Service
    imds: Imds
    choose: random.Random
    clients: ExitStack = field(default_factory=ExitStack)

    def ask(self) -> None:
        """Send one request, sound or damaged."""
        operations = [(path, one) for path, item in document()["paths"].items() for one in item]
        path, method = self.choose.choice([one for one in operations if "fail" not in one[0]])
        text = sound(path, method, self.choose).replace(b"wait=9", b"wait=0")
        answer = exchange(self.porterd.port, damaged(text, self.choose))
        assert answer[9:10] != b"5", (text, answer)

    def disturb(self) -> None:
        """Change something: a fault begins or ends, clients wait, or those that waited go."""
        match self.choose.randrange(6):
            case 0:
                self.service.status = self.choose.choice((200, 500))
            case 1:
                self.service.seconds = self.choose.choice((0.0, 0.0, 2.0))
            case 2:
                self.imds.script = [self.choose.choice((500, "reset")) for _ in range(5)]
            case 3:
                restarts = self.choose.randrange(9)
                self.porterd.systemd.says(workload_unit(WORKLOAD.name), NRestarts=restarts)
            case 4:
                texts = [self.choose.choice((HALF, POLL)) for _ in range(8)]
                connect(self.porterd, self.clients, *texts)
            case _:
                self.clients.close()

    def rest(self) -> None:
        """End all faults, and wait until porterd has nothing to do."""
        self.clients.close()
        self.service.status, self.service.seconds, self.imds.script = 200, 0.0, []
        self.porterd.until(lambda: self.porterd.service()["last_check"]["ok"], 60)
        time.sleep(1)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A host with a healthy service, after its signal."""
    service, handle, imds = Service(), WaitHandle(), Imds()
    with running(service), running(handle), running(imds):
        porterd = PorterdProcess(tmp_path, handle_url=handle.url, imds_url=imds.url)
        porterd.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
        porterd.watch_over(service.port, CHECK)
        file = porterd.folders["credentials"] / "host.json"
        spec = loads(HostSpec, file.read_bytes())
        file.write_text(dumps(replace(spec, lease_table="")))  # nobody to ask, so no thread asks
        try:
            porterd.start()
            porterd.until_signal("sent")
            yield Host(porterd, service, imds, random.Random(seeds.seed()))  # noqa: S311
        finally:
            porterd.sweep()


def middle(samples: Sequence[Sample], name: str) -> float:
    """Return the median of one figure."""
    return statistics.median(getattr(one, name) for one in samples)


@pytest.mark.exhaustive
@pytest.mark.timeout(SECONDS + 900)
def test_porterd_stays_as_small_as_it_was(host: Host) -> None:
    worker, asked, samples = host.porterd.worker, 0, []
    for _ in range(SAMPLES):
        expires = time.monotonic() + SECONDS / SAMPLES
        while time.monotonic() < expires:
            for _ in range(host.choose.randrange(100)):
                host.ask()
                asked += 1
            host.disturb()
        host.rest()
        samples.append(sampled(host.porterd))
    assert host.porterd.worker == worker, "the same process all the time"
    early, late = samples[SAMPLES // 4 : SAMPLES // 2], samples[-SAMPLES // 4 :]
    _log.info("%d requests in %g s, seed %s", asked, SECONDS, seeds.seed())
    for name in Sample._fields:
        _log.info("%s: %g early, %g late", name, middle(early, name), middle(late, name))
    assert middle(late, "threads") <= _THREADS, samples
    assert middle(late, "descriptors") <= middle(early, "descriptors") + 1, samples
    assert middle(late, "children") == 0, samples
    assert middle(late, "memory") < 1.03 * middle(early, "memory"), samples
