"""An instance boots as on EC2, respects its limits, reboots, and is readable when it is off."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.rehearsal.machines.booted import hierarchies, state
from porter.rehearsal.machines.booted.command import enter
from porter.rehearsal.machines.booted.machine import Instance
from porter.rehearsal.machines.booted.machines import SystemdMachines
from tests.harness.conditions import boots
from tests.harness.slowness import slowness
from tests.instance.conftest import (
    BOOT_SECONDS,
    booted,
    eventually,
    finished,
    launch,
    said,
    settled,
)

pytestmark = boots

UNIT = """[Service]
ExecStart=python3 -u -m http.server --bind 127.0.0.1 8080
ExecStartPre=echo about to serve
[Install]
WantedBy=multi-user.target
"""
USER_DATA = {
    "write_files": [{"path": "/etc/systemd/system/porter-web.service", "content": UNIT}],
    "runcmd": [
        ["sh", "-c", "echo once >> /root/ran; echo the user data ran"],
        ["systemctl", "enable", "--now", "porter-web.service"],
    ],
}
EATER = ["python3", "-c", "print(len(bytearray(200_000_000)))"]
FORKER = ["sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait; echo all of them"]


@pytest.fixture(scope="module")
def machine(
    machines: SystemdMachines, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Instance]:
    with booted(machines, tmp_path_factory.mktemp("one") / "host", **USER_DATA) as one:
        started = time.monotonic()
        assert finished(one) == 0, one.log_tail("cloud-init", 50)
        assert time.monotonic() - started < BOOT_SECONDS * slowness()
        yield one


def unit(*properties: str) -> list[str]:
    """Return the words before a command that runs it as a unit with these properties."""
    options = [f"--property={each}" for each in properties]
    return ["systemd-run", "--wait", "--pipe", "--quiet", *options, "--"]


def enforced(directive: str) -> bool:
    return directive not in hierarchies.unenforced(hierarchies.find())


def test_cloud_init_is_done_without_errors(machine: Instance) -> None:
    status = said(machine, "cloud-init", "status", "--long")
    assert status.startswith("status: done")
    assert "DataSourceEc2Local" in status
    result = json.loads((machine.root / "run/cloud-init/result.json").read_text())
    assert result["v1"]["errors"] == []


def test_the_user_data_ran_and_its_output_is_in_the_log(machine: Instance) -> None:
    assert said(machine, "cat", "/root/ran") == "once"
    assert "the user data ran" in machine.log_tail("cloud-init", 20)


def test_no_unit_fails(machine: Instance) -> None:
    """Units that cannot work in a namespace are not started."""
    assert settled(machine) == "running", said(machine, "systemctl", "--failed")


def test_it_knows_itself_as_the_instance_it_is(machine: Instance) -> None:
    assert said(machine, "cloud-init", "query", "instance_id") == "i-0123456789abcdef0"
    assert said(machine, "hostname") == "ip-" + machine.address.replace(".", "-")
    assert machine.address in said(machine, "ip", "-4", "address", "show", "eth0")


def test_units_and_their_journals_are_seen_from_outside(machine: Instance) -> None:
    assert machine.units() == {"porter-web.service": "active"}
    assert "about to serve" in machine.log_tail("porter-web.service", 20)


def test_its_own_loopback_answers_from_outside(machine: Instance) -> None:
    with machine.connect(8080, 2) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.0 200")


def test_its_network_is_not_this_machines(machine: Instance) -> None:
    assert said(machine, "ls", "/sys/class/net").split() == ["eth0", "lo"]


@pytest.mark.parametrize("program", ["systemd-run --wait --pipe --quiet", "env"])
def test_it_cannot_change_the_kernel_it_shares(machine: Instance, program: str) -> None:
    """The test sets the present values, so a success changes nothing."""
    clock = f'{program} date --set="$(date)"'
    kernel = f'{program} sysctl --write "kernel.pid_max=$(sysctl --values kernel.pid_max)"'
    assert "Operation not permitted" in machine.run(["sh", "-c", clock]).stderr
    assert "permission denied" in machine.run(["sh", "-c", kernel]).stderr


def test_settings_of_its_own_network_can_be_changed(machine: Instance) -> None:
    assert said(machine, "sysctl", "--write", "net.core.somaxconn=4000").endswith("= 4000")
    assert Path("/proc/sys/net/core/somaxconn").read_text() != "4000\n"


@pytest.mark.skipif(not enforced("MemoryMax"), reason="no memory controller here")
def test_memory_limits_of_units_are_enforced(machine: Instance) -> None:
    assert said(machine, *unit("MemoryMax=1G"), *EATER) == "200000000"
    limited = machine.run([*unit("MemoryMax=32M", "MemorySwapMax=0"), *EATER])
    assert limited.returncode != 0
    assert limited.stdout == ""


@pytest.mark.skipif(not enforced("TasksMax"), reason="no pids controller here")
def test_task_limits_of_units_are_enforced(machine: Instance) -> None:
    assert "all of them" in said(machine, *unit("TasksMax=50"), *FORKER)
    assert "all of them" not in said(machine, *unit("TasksMax=4"), *FORKER)


def test_another_terminal_finds_it_and_gets_in(machine: Instance) -> None:
    running = state.read(machine._folder)
    assert running is not None
    assert (running.instance_id, running.address) == ("i-0123456789abcdef0", machine.address)
    line = [*enter(running.init), "cat", "/root/ran"]
    assert subprocess.check_output(line, text=True) == "once\n"


def test_no_other_process_is_taken_for_it(machine: Instance, tmp_path: Path) -> None:
    running = state.read(machine._folder)
    assert running is not None
    state.note(tmp_path, state.Running(**{**vars(running), "init": os.getpid()}))
    assert state.read(tmp_path) is None


def test_a_reboot_keeps_the_disk_and_does_not_run_user_data_again(machine: Instance) -> None:
    boot = ("cat", "/proc/sys/kernel/random/boot_id")
    before, init = said(machine, *boot), machine.init
    machine.run(["sh", "-c", "echo kept > /root/kept; systemctl reboot"])
    eventually(lambda: machine.init not in (None, init), 20)
    assert machine.alive
    assert settled(machine) == "running"
    assert said(machine, *boot) not in ("", before)
    assert said(machine, "cat", "/root/kept", "/root/ran").split() == ["kept", "once"]
    assert len(said(machine, "journalctl", "--list-boots", "--quiet").splitlines()) >= 2
    assert machine.units() == {"porter-web.service": "active"}
    running = state.read(machine._folder)
    assert running is not None
    assert running.init == machine.init


def test_switched_off_from_inside_it_has_ended_but_can_be_read(machine: Instance) -> None:
    """This is the last test on this machine, after the reboot."""
    assert machine.units() == {"porter-web.service": "active"}
    # A program that somebody runs on it, and has not waited for, keeps nothing alive.
    with subprocess.Popen([*enter(machine.init or 0), "sleep", "300"]) as program:
        try:
            machine.run(["systemctl", "poweroff"])
            eventually(lambda: not machine.alive, 20)
        finally:
            program.kill()
    assert machine.cloud_init_exit == 0
    assert state.read(machine._folder) is None
    assert machine.units() == {"porter-web.service": "active"}
    assert "about to serve" in machine.log_tail("porter-web.service", 50)
    assert "the user data ran" in machine.log_tail("cloud-init", 50)
    assert "Powering off." in (machine._folder / "console.log").read_text()
    with pytest.raises(OSError, match=r"refused|unreachable|reach"):
        machine.connect(8080, 2)
    machine.stop()
    machine.stop()
    assert "about to serve" in machine.log_tail("porter-web.service", 50)


def test_the_report_says_once_that_the_image_has_another_python(
    machines: SystemdMachines, tmp_path: Path
) -> None:
    for package in ("python3.98", "python3.98", "python3.11"):
        machines.machine(launch(packages=["git", package]), tmp_path)
    lines = [line for line in machines.limits if "python" in line]
    assert lines == ["python3 is python3.11 here, and python3.98 on hosts that have this package"]
