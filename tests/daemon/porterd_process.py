"""A real porterd in a process of its own, started as its unit starts it."""

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from porter.spec import (
    HAPROXY_UNIT,
    SCHEMA,
    AssetLocation,
    Deployment,
    HealthCheck,
    HostSpec,
    Job,
    Porterd,
    ProcessWorkload,
    Proxy,
    dumps,
    workload_unit,
)
from tests.daemon.fake_systemd import FakeSystemd
from tests.daemon.loopback import SECRET
from tests.harness.free_port import free_port
from tests.harness.slowness import slowness
from tests.interface.answers import check_answer

QUICK = HealthCheck("/health", interval_seconds=0.1, timeout_seconds=1)
WORKLOAD = ProcessWorkload(name="hello", command=("true",), port=8000)
ASSET = AssetLocation(bucket="b", key="k", sha256="0" * 64)


class PorterdProcess:
    """The folders of one porterd below `root`, and its present process."""

    def __init__(self, root: Path, *, handle_url: str, imds_url: str) -> None:
        self.root = root
        self.handle_url = handle_url
        self.port = free_port()
        self.folders = {name: root / name for name in ("credentials", "state", "runtime")}
        for folder in self.folders.values():
            folder.mkdir()
        self.systemd = FakeSystemd(root)
        for unit in (workload_unit(WORKLOAD.name), HAPROXY_UNIT):
            self.systemd.says(unit, UID=os.getuid())
        self.environment = {
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": imds_url,
            "PATH": f"{self.systemd.programs}:{os.environ['PATH']}",
            **{f"{name.upper()}_DIRECTORY": str(path) for name, path in self.folders.items()},
        }
        deployment = Deployment(
            schema=SCHEMA,
            region="eu-west-1",
            stack_id="arn:stack",
            handle_url=handle_url,
            bundle=ASSET,
            payload=ASSET,
        )
        self._credential("deployment.json", dumps(deployment))
        self._process: subprocess.Popen[bytes] | None = None

    def watch_over(
        self,
        proxy_port: int | None,
        check: HealthCheck = QUICK,
        timeout_seconds: int = 60,
        workload: ProcessWorkload = WORKLOAD,
        role: str = "",
    ) -> None:
        """Write the spec: a service behind `proxy_port`, or none at all; with `role`, a job too."""
        job = Job(name="nightly", command=("true",), schedule="*-*-* 03:00:00")
        spec = HostSpec(
            schema=SCHEMA,
            service="hello",
            timeout_seconds=timeout_seconds,
            workloads=(workload,) if proxy_port else (),
            health_check=check if proxy_port else None,
            proxy=Proxy(workload=WORKLOAD.name, port=proxy_port) if proxy_port else None,
            porterd=Porterd(port=self.port),
            service_role=role,
            jobs=(job,) if role else (),
            lease_table="Leases",
        )
        self._credential("host.json", dumps(spec))

    def _credential(self, name: str, text: str) -> None:
        (self.folders["credentials"] / name).write_text(text)

    @property
    def log(self) -> str:
        """Return the log of all starts."""
        return (self.root / "log").read_text()

    @property
    def journal(self) -> Path:
        """Return the file that records the signal."""
        return self.folders["state"] / "signal.json"

    @property
    def launched_at(self) -> float:
        """Return when the wait condition's time began, from porterd's record."""
        return float(json.loads(self.journal.read_text())["started_at"])

    def write_journal(self, **fields: Any) -> None:
        """Write a journal of an earlier porterd; by default it is for this host's handle."""
        handle = hashlib.sha256(self.handle_url.encode()).hexdigest()[:16]
        self.journal.write_text(json.dumps({"handle": handle, **fields}))

    def spawn(self, run: Sequence[str] = ("-m", "porter.daemon")) -> "subprocess.Popen[bytes]":
        """Start the process without waiting for it; `run` are Python's arguments."""
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *run],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self._process

    def spawn_with(self, listener: socket.socket) -> None:
        """Start the process as systemd does with a socket unit that has this listener."""
        run = ("-m", "porter.daemon")
        give = (
            f"import os, sys; os.dup2({listener.fileno()}, 3); "
            "os.environ |= {'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': '1'}; "
            f"os.execv(sys.executable, [sys.executable, *{run}])"
        )
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", give],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[listener.fileno()],
            )

    def start(self, run: Sequence[str] = ("-m", "porter.daemon")) -> None:
        """Start the process, and wait until it answers."""
        self.spawn(run)
        self.until(self._serves)

    def _serves(self) -> bool:
        try:
            return self.get("/health")[0] > 0
        except OSError:
            return False

    @property
    def master(self) -> int:
        """Return the main process, which systemd knows."""
        assert self._process is not None
        return self._process.pid

    @property
    def worker(self) -> int:
        """Return the only child of the main process."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()
        return int(children[0])

    def stop(self) -> None:
        """Send SIGTERM to the main process, later SIGKILL to the rest, as systemd does."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(30)
        finally:
            self.sweep()
            self._process = None

    def kill_master(self) -> None:
        """Send SIGKILL to the main process only."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(5)

    def sweep(self) -> None:
        """Send SIGKILL to the rest of the process group."""
        if self._process is None:
            return
        try:
            os.killpg(self.master, signal.SIGKILL)
        except ProcessLookupError:
            return
        self._process.wait(5)

    def exchange(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request; return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
            assert SECRET.encode() not in text
            check_answer(method, path, response.status, dict(response.headers), text)
            return response.status, dict(response.headers), text
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, Any]:
        """Return the status and the body of an answer, decoded if it is JSON."""
        status, headers, body = self.exchange("GET", path)
        is_json = headers["Content-Type"] == "application/json"
        return status, json.loads(body) if is_json else body.decode()

    def service(self) -> dict[str, Any]:
        """Return `/v1/service`; empty while porterd does not answer."""
        try:
            status, answer = self.get("/v1/service")
        except OSError:
            return {}
        assert status == 200
        decoded: dict[str, Any] = answer
        return decoded

    def until(self, holds: Callable[[], Any], seconds: float = 30) -> None:
        """Wait until `holds`, or fail with porterd's log; a slow machine gets longer."""
        began, patience = time.monotonic(), seconds
        while not holds():
            if time.monotonic() - began > patience:
                patience = seconds * slowness()
            waited = time.monotonic() - began
            assert waited <= patience, f"in vain for {patience:.0f} s; porterd said:\n{self.log}"
            time.sleep(0.01)

    def until_signal(self, state: str, seconds: float = 30) -> dict[str, Any]:
        """Wait until the signal is in `state`; return `/v1/service`."""
        self.until(lambda: self.service().get("signal", {}).get("state") == state, seconds)
        return self.service()
