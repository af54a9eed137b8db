"""A real porterd in a process of its own, started as its unit starts it."""

import hashlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from porter.spec import (
    SCHEMA,
    AssetLocation,
    Deployment,
    HealthCheck,
    HostSpec,
    Porterd,
    ProcessWorkload,
    Proxy,
    dumps,
)
from tests.daemon.fake_systemd import FakeSystemd
from tests.daemon.loopback import SECRET, free_port

QUICK = HealthCheck("/health", interval_seconds=0.1, timeout_seconds=1)
WORKLOAD = ProcessWorkload(name="hello", command=("true",), port=8000)
ASSET = AssetLocation(bucket="b", key="k", sha256="0" * 64)


class PorterdProcess:
    """Folders below `root`, and whichever process runs on them at present."""

    def __init__(self, root: Path, *, handle_url: str, imds_url: str) -> None:
        self.root = root
        self.handle_url = handle_url
        self.port = free_port()
        self.folders = {name: root / name for name in ("credentials", "state", "runtime")}
        for folder in self.folders.values():
            folder.mkdir()
        self.systemd = FakeSystemd(root)
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
        self, proxy_port: int | None, check: HealthCheck = QUICK, timeout_seconds: int = 60
    ) -> None:
        """Write the spec: a service behind `proxy_port`, or none at all."""
        spec = HostSpec(
            schema=SCHEMA,
            service="hello",
            timeout_seconds=timeout_seconds,
            workloads=(WORKLOAD,) if proxy_port else (),
            health_check=check if proxy_port else None,
            proxy=Proxy(workload=WORKLOAD.name, port=proxy_port) if proxy_port else None,
            porterd=Porterd(port=self.port),
        )
        self._credential("host.json", dumps(spec))

    def _credential(self, name: str, text: str) -> None:
        (self.folders["credentials"] / name).write_text(text)

    @property
    def log(self) -> str:
        """All that porterd said, over all its starts."""
        return (self.root / "log").read_text()

    @property
    def journal(self) -> Path:
        """The file that remembers the signal."""
        return self.folders["state"] / "signal.json"

    @property
    def launched_at(self) -> float:
        """When the wait condition's time began, as porterd recorded it: load does not move it."""
        return float(json.loads(self.journal.read_text())["started_at"])

    def write_journal(self, **fields: Any) -> None:
        """A journal as an earlier porterd may have left it; for this host's handle by default."""
        handle = hashlib.sha256(self.handle_url.encode()).hexdigest()[:16]
        self.journal.write_text(json.dumps({"handle": handle, **fields}))

    def spawn(self) -> "subprocess.Popen[bytes]":
        """Start the process and do not wait."""
        with (self.root / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "porter.daemon"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self._process

    def start(self) -> None:
        """Spawn, and wait until it serves."""
        self.spawn()
        self.until(self._serves)

    def _serves(self) -> bool:
        try:
            return self.get("/health")[0] > 0
        except OSError:
            return False

    @property
    def master(self) -> int:
        """The process systemd knows."""
        assert self._process is not None
        return self._process.pid

    @property
    def worker(self) -> int:
        """The master's only child."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text().split()
        return int(children[0])

    def stop(self) -> None:
        """As systemd does: SIGTERM to the main process, later SIGKILL to all that is left."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        finally:
            self.sweep()
            self._process = None

    def kill_master(self) -> None:
        """SIGKILL the main process alone."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(5)

    def sweep(self) -> None:
        """SIGKILL whatever is left of the process group."""
        if self._process is None:
            return
        try:
            os.killpg(self.master, signal.SIGKILL)
        except ProcessLookupError:
            return
        self._process.wait(5)

    def exchange(self, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """One request: status, headers, body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, headers=headers)
            response = connection.getresponse()
            body = response.read()
            assert SECRET.encode() not in body
            return response.status, dict(response.headers), body
        finally:
            connection.close()

    def get(self, path: str) -> tuple[int, Any]:
        """Status and body, decoded where it is JSON."""
        status, headers, body = self.exchange("GET", path)
        is_json = headers["Content-Type"] == "application/json"
        return status, json.loads(body) if is_json else body.decode()

    def service(self) -> dict[str, Any]:
        """`/v1/service`; empty while nobody answers."""
        try:
            status, answer = self.get("/v1/service")
        except OSError:
            return {}
        assert status == 200
        decoded: dict[str, Any] = answer
        return decoded

    def until(self, holds: Callable[[], Any], seconds: float = 10) -> None:
        """Wait until `holds`; fail with porterd's log if it never does."""
        expires = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < expires, f"in vain for {seconds} s; porterd said:\n{self.log}"
            time.sleep(0.01)

    def until_signal(self, state: str, seconds: float = 10) -> dict[str, Any]:
        """Wait for the signal to be in `state`; the whole answer of `/v1/service`."""
        self.until(lambda: self.service().get("signal", {}).get("state") == state, seconds)
        return self.service()
