"""A host that is up, without privileges: systemd is played, HAProxy and the service are real."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from porter.rehearsal.machines.played.machine import ProcessMachine
from porter.spec import AssetLocation, HealthCheck, HostSpec, Proxy, ports_of
from tests.harness.free_port import free_port
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec
from tests.host.real_proxy import ask
from tests.machine.conftest import cloud_config, eventually, launch, processes_of

SERVICE = Path(__file__).parent / "service.py"


class HotHost:
    """A machine without privileges, and the payloads that a test releases to it."""

    def __init__(self, folder: Path) -> None:
        self.ports = {port: free_port() for port in ports_of(host_spec())}
        self.machine = ProcessMachine(launch(cloud_config([], {}), self.ports), folder / "m")
        self.host = FakeHost(self.machine.root)
        self.host.environment = {
            "PORTER_PORTS": " ".join(f"{here}={there}" for here, there in self.ports.items())
        }

    @property
    def port(self) -> int:
        """Return the port of HAProxy."""
        return self.ports.get(80, 80)

    def release(self, version: str, service: str = SERVICE.read_text(), **changes: Any) -> None:
        """Unpack a payload of this version, and write a deployment that names it."""
        sha256 = hashlib.sha256((version + service).encode()).hexdigest()
        payload = AssetLocation(bucket="assets", key=f"{version}.xz", sha256=sha256)
        self.host.boot(self.spec(version, **changes), host_deployment(payload=payload))
        folder = self.host.root / f"opt/porter/payload-{sha256[:12]}/workloads/web"
        (folder / "main.py").write_text(service)

    def spec(self, version: str, drain_seconds: int = 10, **changes: Any) -> HostSpec:
        """Return the specification of a service that answers with its version."""
        web = replace(
            WEB, command=(sys.executable, "-S", "main.py"), environment={"VERSION": version}
        )
        proxy = Proxy(workload="web", drain_seconds=drain_seconds)
        given = {
            "workloads": (web,),
            "health_check": self.check(),
            "proxy": proxy,
            "timeout_seconds": 60,
        }
        return host_spec(**{**given, **changes})

    @staticmethod
    def check(**changes: Any) -> HealthCheck:
        """Return the health check of the service."""
        return replace(HealthCheck("/health", interval_seconds=0.1, healthy_threshold=2), **changes)

    def apply(self) -> subprocess.CompletedProcess[str]:
        """Run `porter host apply` on the machine."""
        return self.host.porter("host", "apply")

    @contextmanager
    def applying(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start `porter host apply`, and kill it after the block if it still runs."""
        environment = {**os.environ, "PORTER_ROOT": str(self.host.root), **self.host.environment}
        argv = [sys.executable, "-m", "porter", "host", "apply"]
        with subprocess.Popen(argv, env=environment) as process:
            try:
                yield process
            finally:
                process.kill()

    def applied(self) -> str:
        """Run `porter host apply`, which must succeed; return its output."""
        done = self.apply()
        assert done.returncode == 0, done.stderr
        return done.stdout

    def systemctl(self, *arguments: str) -> None:
        """Run the machine's own systemctl, which must succeed."""
        subprocess.run([self.host.root / "usr/bin/systemctl", *arguments], check=True, timeout=30)

    def killed_before(self, number: int) -> int:
        """Run an apply that is killed before its step `number`; return its exit code."""
        environment = {**os.environ, **self.host.environment}
        done = subprocess.run(
            [sys.executable, "-m", "tests.hot.killed", str(self.host.root), str(number)],
            env=environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode

    def page(self) -> str:
        """Return the service's answer through HAProxy."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=30) as response:
            text: str = response.read().decode()
            return text

    def serves(self, version: str) -> bool:
        """Return whether the service answers with this version."""
        with suppress(OSError):
            return self.page() == version
        return False

    def text(self, name: str) -> str:
        """Return the text of the file `name` below the machine's root."""
        return (self.host.root / name).read_bytes().decode(errors="replace")

    def processes(self, word: str) -> list[int]:
        """Return the processes of the machine that have `word` in their command line."""
        found = {pid: Path(f"/proc/{pid}/cmdline") for pid in processes_of(self.machine.root)}
        return [pid for pid, line in found.items() if word.encode() in line.read_bytes()]

    def units(self) -> dict[str, str]:
        """Return the state of each unit of the service, by name."""
        mine = self.machine.units().items()
        return {name: state for name, state in mine if name.startswith("porter-web")}

    def servers(self) -> list[str]:
        """Return HAProxy's servers, with their states."""
        answer = ask(self.host.root / "run/porter-haproxy", "show stat web 4 -1")
        rows = [line.split(",") for line in answer.splitlines()[1:] if line]
        return [f"{row[1]} {row[17]}" for row in rows]


@contextmanager
def hot_host(folder: Path) -> Iterator[HotHost]:
    """Start a host that serves version `1`; end all of its processes after the block."""
    there = HotHost(folder)
    there.machine.start()
    try:
        eventually(lambda: there.machine.cloud_init_exit is not None)
        there.release("1")
        there.applied()
        eventually(lambda: there.page() == "1")
        yield there
    finally:
        there.machine.stop()
        assert processes_of(there.machine.root) == set()
