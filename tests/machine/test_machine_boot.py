"""A machine boots, runs its user data, and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.machines.played import journal
from porter.rehearsal.machines.played.machine import ProcessMachine
from tests.harness.slowness import slowness

from .conftest import Boot, cloud_config, eventually, launch, processes_of

SLEEPER = "[Service]\nType=exec\nExecStart=sleep 1000\n[Install]\nWantedBy=multi-user.target\n"

DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open(os.environ["PORTER_ROOT"] + "/run/daemon.pid", "w").write(str(os.getpid()))
        time.sleep(1000)
    os._exit(0)
os.wait()
"""


OWNER = """
import pathlib, sys, time
from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.played.machine import ProcessMachine
folder = pathlib.Path(sys.argv[1])
words = ["instance_id", "account", "region", "availability_zone", "image_id", "instance_type"]
words += ["role_name", "aws_endpoint"]
user_data = folder.with_name("user-data").read_bytes()
nothing = {"tags": {}, "ports": {}, "credentials": dict}
ProcessMachine(Launch(**dict.fromkeys(words, "x"), **nothing, user_data=user_data), folder).start()
time.sleep(100)
"""


def test_user_data_writes_files_and_runs_commands_below_the_root(boot: Boot) -> None:
    there = boot(
        [["python3", "-c", "import os; print(os.environ['PORTER_PORTS'], os.getcwd())"]],
        {"/etc/porter/x": "hello"},
        ports={80: 20080, 8000: 20081},
    )
    assert (there.root / "etc/porter/x").read_text() == "hello"
    log = there.machine.log_tail("cloud-init", 10)
    assert f"80=20080 8000=20081 {there.root}" in log
    assert "packages are not installed in a rehearsal: haproxy" in log
    assert there.machine.cloud_init_exit == 0


def test_a_failed_command_sets_the_exit_code_and_later_commands_still_run(boot: Boot) -> None:
    there = boot([["python3", "-c", "raise SystemExit(3)"], ["python3", "-c", "print('next')"]])
    assert there.machine.cloud_init_exit == 3
    assert "next" in there.machine.log_tail("cloud-init", 10)


def test_commands_do_not_get_the_users_environment(
    boot: Boot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    there = boot([["python3", "-c", "import os; print(sorted(os.environ))"]])
    names = (
        "['AWS_EC2_METADATA_SERVICE_ENDPOINT', 'AWS_ENDPOINT_URL', 'HOME', 'LANG', 'PATH', "
        "'PORTER_PORTS', 'PORTER_ROOT', 'PWD', 'TMPDIR']"
    )
    assert names in there.machine.log_tail("cloud-init", 10)


def test_the_machines_python_has_no_packages_of_the_virtual_environment(boot: Boot) -> None:
    """Nor those of the Python below it: hosts have the standard library."""
    missing = "import importlib.util as i, sqlite3; print([n for n in %s if i.find_spec(n)])"
    names = "('pip', 'setuptools', 'pytest', 'porter', 'boto3')"
    there = boot([["python3", "-c", missing % names]])
    assert "\n[]\n" in f"\n{there.machine.log_tail('cloud-init', 10)}\n"


def test_stop_ends_a_daemon_that_left_its_parent_and_session(boot: Boot) -> None:
    there = boot([["python3", "-c", DAEMON]])
    eventually((there.root / "run/daemon.pid").exists)
    daemon = int((there.root / "run/daemon.pid").read_text())
    assert daemon in processes_of(there.root)
    there.machine.stop()
    assert daemon not in processes_of(there.root)
    there.machine.stop()


def test_machines_end_when_the_rehearsal_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "machine"
    user_data = cloud_config(
        [["systemctl", "start", "sleeper"], ["python3", "-c", DAEMON]],
        {"/etc/systemd/system/sleeper.service": SLEEPER},
    )
    (tmp_path / "user-data").write_bytes(user_data)
    parent = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)])
    try:
        eventually((folder / "root/run/daemon.pid").exists)
        running = processes_of(folder / "root")
        assert len(running) >= 2
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait(5)
    eventually(lambda: not (processes_of(folder / "root") or _inits(folder)), seconds=5)


def test_power_off_does_not_wait_for_a_service_that_never_starts(tmp_path: Path) -> None:
    unit = "[Service]\nType=notify\nExecStart=sleep 1000\n"
    files = {"/etc/systemd/system/mute.service": unit}
    user_data = cloud_config([["systemctl", "start", "mute"]], files)
    machine = ProcessMachine(launch(user_data), tmp_path / "machine")
    machine.start()
    eventually(lambda: machine.units() == {"mute.service": "activating"})
    began = time.monotonic()
    machine.stop()
    assert time.monotonic() - began < 4 * slowness()
    assert machine.cloud_init_exit is None
    assert processes_of(machine.root) == set()


def test_a_log_has_a_size_limit(tmp_path: Path) -> None:
    journal.note(tmp_path, "web.service", "old")
    log = journal.path_of(tmp_path, "web")
    os.truncate(log, journal.LIMIT + 1)
    with log.open("a") as writer:
        journal.rotate(tmp_path)
        writer.write("new\n")
    assert log.read_text() == "new\n"
    assert log.with_name(f"{log.name}.1").stat().st_size == journal.LIMIT + 1


def test_two_machines_run_side_by_side(boot: Boot) -> None:
    unit = {"/etc/systemd/system/sleeper.service": SLEEPER}
    one, two = (boot([["systemctl", "start", "sleeper"]], unit) for _ in range(2))
    assert one.machine.units() == two.machine.units() == {"sleeper.service": "active"}
    one.machine.stop()
    assert processes_of(one.root) == set()
    assert two.systemctl("is-active", "sleeper").returncode == 0


def test_user_data_that_cannot_be_played_is_rejected_before_the_start(tmp_path: Path) -> None:
    for user_data, reason in (
        (b"#!/bin/sh\n", "user data: must begin with #cloud-config"),
        (b"#cloud-config\nruncmd: []\n", "user data: must be JSON in UTF-8"),
        (b'#cloud-config\n{"snap": []}', "user data: snap: is not supported in a rehearsal"),
        (b'#cloud-config\n{"runcmd": ["ls"]}', "user data: runcmd/0: must be a list of strings"),
        (cloud_config([], {"/etc/../x": ""}), "write_files/0/path: must be absolute"),
    ):
        with pytest.raises(PorterError, match=reason):
            ProcessMachine(launch(user_data), tmp_path / "machine").start()
    assert not (tmp_path / "machine").exists()


def _inits(folder: Path) -> list[Path]:
    """Return the working folders of running inits."""
    found = []
    for cwd in Path("/proc").glob("[0-9]*/cwd"):
        try:
            found.append(cwd.readlink())
        except OSError:
            continue
    return [path for path in found if path.is_relative_to(folder)]
