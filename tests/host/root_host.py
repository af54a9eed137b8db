"""A host whose root is this machine's `/`, with overlays that catch every write."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from porter.spec import Deployment, HostSpec, SetupStep
from tests.host.fake_host import FakeHost, host_deployment, host_spec

OVERLAID = ("etc", "opt", "run", "usr/local", "var")
PRIVATE = f"""\
set -e
for folder in {" ".join(OVERLAID)}; do
    mkdir -p $1/upper/$folder $1/work/$folder
    layers=lowerdir=/$folder,upperdir=$1/upper/$folder,workdir=$1/work/$folder
    mount -t overlay overlay -o $layers /$folder
done
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
! [ -e /usr/bin/systemctl ] || mount --bind /dev/null /usr/bin/systemctl
shift
exec "$@"
"""
"""A script that puts overlays on this machine's folders, and hides its kernel and systemd."""


@dataclass
class RootHost:
    """A host without workloads whose root is `/` for its processes."""

    scratch: Path
    deployment: Deployment = field(default_factory=host_deployment)
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def files(self) -> Path:
        """Return the folder with the files that the host wrote."""
        return self.scratch / "upper"

    @property
    def trace(self) -> list[str]:
        """Return what the steps wrote to `/var/trace`."""
        file = self.files / "var/trace"
        return file.read_text().splitlines() if file.exists() else []

    def boot(self, *steps: SetupStep) -> None:
        """Write the deployment and the payload."""
        FakeHost(self.files).boot(spec_with(*steps), self.deployment)

    def script(self, step: str, *lines: str) -> None:
        """Return the files of a step: `install.sh`, which is executable, and `run.sh`."""
        folder = self.files / f"opt/porter/payload-{'a' * 12}/setup" / step
        folder.mkdir(parents=True, exist_ok=True)
        for name, mode in (("install.sh", 0o755), ("run.sh", 0o644)):
            (folder / name).write_text("\n".join(("#!/bin/sh", *lines, "")))
            (folder / name).chmod(mode)

    def porter(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `porter host apply ARGUMENTS` below `/`."""
        porter: Sequence[str] = (sys.executable, "-m", "porter", "host", "apply", *arguments)
        kept = {name: value for name, value in os.environ.items() if name != "HOME"}
        return subprocess.run(
            ["unshare", "--mount", "sh", "-c", PRIVATE, "sh", str(self.scratch), *porter],
            env=kept | self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def apply(self, *arguments: str) -> str:
        """Run an apply that must succeed; return its output."""
        done = self.porter(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def log(self, step: str) -> str:
        """Return the log of the step's last run."""
        return (self.files / f"var/log/porter/setup-{step}.log").read_text()


def spec_with(*steps: SetupStep) -> HostSpec:
    return host_spec(
        workloads=(), health_check=None, proxy=None, setup=steps, security_updates=False
    )
