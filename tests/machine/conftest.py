"""Played machines for tests, started with a hand-written cloud-config."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.played.machine import ProcessMachine
from tests.harness.traces import until

CREDENTIALS = {
    "AccessKeyId": "ASIAEXAMPLE",
    "SecretAccessKey": "secret",
    "Token": "token",
    "Expiration": "2099-01-01T00:00:00Z",
}


def launch(
    user_data: bytes,
    ports: Mapping[int, int] | None = None,
    aws_endpoint: str = "http://localhost:4566",
) -> Launch:
    """Return an instance to launch, as the fleet requests it."""
    return Launch(
        instance_id="i-0123456789abcdef0",
        account="123456789012",
        region="eu-west-1",
        availability_zone="eu-west-1b",
        image_id="ami-0abc",
        instance_type="t3.micro",
        user_data=user_data,
        tags={"Name": "web", "aws:autoscaling:groupName": "Hello"},
        role_name="HostRole",
        credentials=lambda: CREDENTIALS,
        aws_endpoint=aws_endpoint,
        ports=ports or {},
    )


def cloud_config(commands: Sequence[Sequence[str]], files: Mapping[str, str]) -> bytes:
    """Return user data that writes `files` and runs `commands`."""
    config = {
        "packages": ["haproxy"],
        "write_files": [{"path": path, "content": text} for path, text in files.items()],
        "runcmd": [list(command) for command in commands],
    }
    return b"#cloud-config\n" + json.dumps(config).encode()


def eventually(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait until `true()` holds: so many seconds, and more on a slow machine."""
    assert until(true, seconds), "it never came true"


@dataclass
class Booted:
    """A running machine."""

    machine: ProcessMachine

    @property
    def root(self) -> Path:
        """Return the machine's folder."""
        return self.machine.root

    def systemctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the machine's own systemctl."""
        argv = [self.root / "usr/bin/systemctl", *arguments]
        return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)

    def show(self, unit: str, name: str) -> str:
        """Return one property of a unit."""
        return self.systemctl("show", f"--property={name}", unit).stdout.strip().partition("=")[2]

    def add(self, name: str, text: str) -> None:
        """Write a unit file and reload."""
        (self.root / "etc/systemd/system" / name).write_text(text)
        assert self.systemctl("daemon-reload").returncode == 0


def processes_of(root: Path) -> set[int]:
    """Return all processes with the machine's folder in their environment; a zombie has none."""
    found = set()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(root).encode() in environ.read_bytes():
                found.add(int(environ.parent.name))
        except OSError:
            continue
    return found


Boot = Callable[..., Booted]


@pytest.fixture
def boot(tmp_path: Path) -> Iterator[Boot]:
    """Start machines; stop them at the end, and check that no process is left."""
    machines: list[ProcessMachine] = []

    def start(
        commands: Sequence[Sequence[str]] = (),
        files: Mapping[str, str] | None = None,
        ports: Mapping[int, int] | None = None,
    ) -> Booted:
        folder = tmp_path / f"machine-{len(machines)}"
        machine = ProcessMachine(launch(cloud_config(commands, files or {}), ports), folder)
        machines.append(machine)
        machine.start()
        eventually(lambda: machine.cloud_init_exit is not None)
        return Booted(machine)

    yield start
    for machine in machines:
        machine.stop()
        assert processes_of(machine.root) == set()


def service(*lines: str, unit: str = "") -> str:
    """Return a unit file."""
    return "\n".join(["[Unit]", unit, "[Service]", *lines, ""])
