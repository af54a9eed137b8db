"""Nothing of an instance is left, whichever process is killed."""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.machines.booted import disk, hierarchies, leftovers
from porter.rehearsal.machines.booted.control_groups import ControlGroups, Most
from porter.rehearsal.machines.booted.machines import SystemdMachines
from porter.rehearsal.machines.vpc import leftovers as network
from tests.harness.conditions import boots
from tests.harness.slowness import slowness
from tests.instance.conftest import (
    booted,
    eventually,
    finished,
    launch,
    opened,
    said,
    settled,
    traces,
)

pytestmark = boots

OWNER = """
import pathlib, sys, time
from tests.instance.conftest import ENDPOINT, launch
from porter.rehearsal.machines.booted.machines import SystemdMachines
machines = SystemdMachines(pathlib.Path(sys.argv[1]))
machines.open(ENDPOINT)
print("open", flush=True)
for number in range(2):
    machines.machine(launch(), pathlib.Path(sys.argv[1], f"host{number}")).start()
print("up", flush=True)
time.sleep(60)
"""


@pytest.mark.machines
def test_killed_from_outside_it_has_ended(machines: SystemdMachines, tmp_path: Path) -> None:
    with booted(machines, tmp_path / "host") as machine:
        assert machine.alive
        assert machine.init is not None
        os.kill(machine.init, signal.SIGKILL)
        eventually(lambda: not machine.alive)
        assert machine.root == tmp_path / "host" / disk.UPPER


@pytest.mark.machines
def test_three_run_side_by_side_and_end_in_order(machines: SystemdMachines, tmp_path: Path) -> None:
    with ExitStack() as stack:
        three = [stack.enter_context(booted(machines, tmp_path / str(n))) for n in range(3)]
        assert [finished(machine) for machine in three] == [0, 0, 0]
        assert len({machine.address for machine in three}) == 3
        ids = {said(machine, "cat", "/etc/machine-id") for machine in three}
        assert len(ids) == 3
        started = time.monotonic()
    assert time.monotonic() - started < 10 * slowness()
    consoles = [(tmp_path / str(n) / "console.log").read_text() for n in range(3)]
    assert all("Powering off." in console for console in consoles)
    assert not any(machine.alive for machine in three)


@pytest.mark.machines
def test_user_data_that_fails_is_in_the_log_and_the_exit_code(
    machines: SystemdMachines, tmp_path: Path
) -> None:
    with booted(machines, tmp_path / "host", runcmd=[["sh", "-c", "echo no luck; false"]]) as one:
        assert finished(one) == 1
        assert "no luck" in one.log_tail("cloud-init", 50)


@pytest.mark.machines
def test_services_are_stopped_in_order_and_given_time(
    machines: SystemdMachines, tmp_path: Path
) -> None:
    stop = "ExecStop=sh -c 'echo begun >> /root/stops; sleep 2; echo done >> /root/stops'"
    with booted(machines, tmp_path / "host") as machine:
        assert settled(machine) == "running"
        machine.run(["systemd-run", f"--property={stop}", "sleep", "1000"])
    assert (machine.root / "root/stops").read_text() == "begun\ndone\n"


@pytest.mark.machines
def test_powered_off_while_it_boots_nothing_is_left(
    machines: SystemdMachines, tmp_path: Path
) -> None:
    for delay in (0, 0.3, 1):
        with booted(machines, tmp_path / f"{delay}") as machine:
            time.sleep(delay)
        assert not machine.alive


def test_a_machine_that_does_not_boot_says_why(machines: SystemdMachines, tmp_path: Path) -> None:
    (tmp_path / "root").write_text("in the way of the mount")
    machine = machines.machine(launch(), tmp_path)
    with pytest.raises((PorterError, OSError)):
        machine.start()
    assert not machine.alive


@pytest.mark.machines
def test_a_whole_machine_can_be_bounded(tmp_path: Path) -> None:
    if {"MemoryMax", "TasksMax"} & {*hierarchies.unenforced(hierarchies.find())}:
        pytest.skip("no memory or pids controller here")
    most = Most(memory_bytes=150_000_000, processes=200)
    with opened(tmp_path, most=most) as machines, booted(machines, tmp_path / "host") as machine:
        assert finished(machine) == 0
        eater = "--quiet", "--wait", "--pipe", "python3", "-c", "bytearray(400_000_000)"
        assert machine.run(["systemd-run", *eater]).returncode != 0
        forks = "--property=TasksMax=infinity", "--quiet", "--wait", "--pipe", "sh", "-c"
        many = "for i in $(seq 300); do sleep 3 & done; echo all of them"
        assert "all of them" not in said(machine, "systemd-run", *forks, many)
        assert machine.alive


@pytest.mark.exhaustive  # the image may have to be built first
def test_debian_13_boots_as_well(tmp_path: Path) -> None:
    with (
        opened(tmp_path, suite="debian-13") as machines,
        booted(machines, tmp_path / "host") as machine,
    ):
        assert finished(machine) == 0
        assert settled(machine) == "running"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / f"porter-rehearsal-{secrets.token_hex(4)}"
    folder.mkdir()
    yield folder
    remove(folder)


def remove(folder: Path) -> None:
    """Remove what the next rehearsal would remove."""
    name = folder.name.rpartition("-")[2]
    leftovers.remove(name, folder)
    network.remove(name)


KILLED_AT = {
    "as soon as it is open": (0.0, 0.0),
    "while machines are made": (0.2, 0.2),
    "while they boot": (0.2, 0.8),
    "while they run": (1.0, 3.0),
}
"""Seconds after which a rehearsal is killed in each phase: the earliest and the latest."""


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(moment, marks=pytest.mark.machines if number else pytest.mark.exhaustive)
        for number, moment in enumerate(KILLED_AT)
    ],
)
def test_nothing_is_left_of_a_killed_rehearsal(folder: Path, moment: str, seed: int) -> None:
    seconds = random.Random(f"{seed} {moment}").uniform(*KILLED_AT[moment])  # noqa: S311
    print(f"killed after {seconds:.2f} s")  # noqa: T201
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "open\n"
    time.sleep(seconds)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    remove(folder)
    eventually(lambda: traces(folder.name.rpartition("-")[2]) == [])


def test_a_rehearsal_whose_name_begins_alike_is_left_alone() -> None:
    trees = hierarchies.find()
    other = ControlGroups("porter-abcd-1", trees)
    other.make()
    try:
        leftovers.remove("abc", Path("/nonexistent"))
        assert all(folder.exists() for folder in other.folders)
    finally:
        other.remove()


def test_without_root_no_machine_starts_and_the_error_names_the_cure(tmp_path: Path) -> None:
    machines = SystemdMachines(tmp_path)
    os.seteuid(65534)
    try:
        with pytest.raises(PorterError, match="only root") as refused:
            machines.open("http://localhost:1")
    finally:
        os.seteuid(0)
    assert "--machine process" in refused.value.cure


def test_a_file_system_that_cannot_hold_a_disk_is_refused_with_the_cure(tmp_path: Path) -> None:
    """For example a container's disk, which is an overlay itself."""
    for name in ("lower", "upper", "work", "container"):
        (tmp_path / name).mkdir()
    overlay = "mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work container"
    program = "import pathlib; from porter.rehearsal.machines.booted import disk\n"
    program += "disk.require(pathlib.Path('container').absolute())"
    entered = ["unshare", "--mount", "sh", "-c", f'{overlay} && exec "$@"', "sh"]
    refused = subprocess.run(
        [*entered, sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "PorterError" in refused.stderr
    assert "cannot hold a machine's disk: mount: " in refused.stderr
    assert "set TMPDIR to a folder on ext4" in refused.stderr
    assert not (tmp_path / "upper/probe").exists()
