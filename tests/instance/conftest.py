"""Booted machines on a private network. No test here needs an AWS, so its endpoint is dead."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.booted.machine import Instance
from porter.rehearsal.machines.booted.machines import SystemdMachines
from tests.harness.traces import until

ENDPOINT = "http://localhost:1"
BOOT_SECONDS = 25


def launch(instance_id: str = "i-0123456789abcdef0", **cloud_config: Any) -> Launch:
    """Return an instance with this user data."""
    return Launch(
        instance_id=instance_id,
        account="123456789012",
        region="eu-west-1",
        availability_zone="eu-west-1b",
        image_id="ami-0abc",
        instance_type="t3.micro",
        user_data=b"#cloud-config\n" + json.dumps(cloud_config).encode(),
        tags={"Name": "web"},
        role_name="HostRole",
        credentials=lambda: {
            "AccessKeyId": "ASIAEXAMPLE",
            "SecretAccessKey": "secret",
            "Token": "token",
            "Expiration": "2040-01-01T00:00:00Z",
        },
        aws_endpoint=ENDPOINT,
        ports={},
    )


@contextmanager
def opened(parent: Path, **options: Any) -> Iterator[SystemdMachines]:
    """Open machines; after the block nothing of them may be left."""
    name = secrets.token_hex(4)
    folder = parent / f"porter-rehearsal-{name}"
    folder.mkdir()
    machines = SystemdMachines(folder, **options)
    try:
        machines.open(ENDPOINT)
        yield machines
    finally:
        machines.close()
    assert traces(name) == []


@contextmanager
def booted(machines: SystemdMachines, folder: Path, **cloud_config: Any) -> Iterator[Instance]:
    """Boot a machine that runs until the block ends."""
    folder.mkdir()
    machine = machines.machine(launch(**cloud_config), folder)
    try:
        machine.start()
        yield machine
    finally:
        machine.stop()


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SystemdMachines]:
    """The network of the module."""
    with ExitStack() as stack:
        yield stack.enter_context(opened(tmp_path_factory.mktemp("rehearsal")))


def finished(machine: Instance) -> int:
    """Return the exit code of cloud-init, once it has ended."""
    eventually(lambda: machine.cloud_init_exit is not None, BOOT_SECONDS)
    assert machine.cloud_init_exit is not None
    return machine.cloud_init_exit


def settled(machine: Instance) -> str:
    """Return systemd's state of the machine when no job is queued any more."""
    states: list[str] = []

    def told() -> bool:
        states.append(said(machine, "systemctl", "is-system-running"))
        return states[-1] not in ("", "initializing", "starting")

    eventually(told, BOOT_SECONDS)
    return states[-1]


def said(machine: Instance, *argv: str) -> str:
    """Return what `argv` prints on the machine."""
    return machine.run(argv).stdout.strip()


def traces(name: str) -> list[str]:
    """Return what is left of the rehearsal `name`: namespaces, cgroups, mounts, processes."""
    mark = f"porter-{name}"
    places = [Path("/run/netns"), *Path("/sys/fs/cgroup").iterdir(), Path("/sys/fs/cgroup")]
    found = [str(trace) for place in places for trace in place.glob(f"{mark}*")]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found += [mount for mount in mounts if name in mount]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if mark in (process / "cgroup").read_text() or f"rehearsal-{name}" in line:
                found.append(line)
        except OSError:
            continue
    return found


def eventually(true: Callable[[], object], seconds: float = 10) -> None:
    """Wait until `true()` holds: so many seconds, and more on a slow machine."""
    assert until(true, seconds), "it never came true"
