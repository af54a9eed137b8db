"""Units run as under systemd."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from .conftest import Boot, eventually, processes_of, service

READY = (
    "import os, socket, time; time.sleep(0.3); "
    "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
    "s.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'].replace('@', chr(0), 1)); time.sleep(1000)"
)


def test_a_unit_whose_condition_fails_is_neither_started_nor_restarted(
    boot: Boot,
) -> None:
    there = boot()
    mark = there.root / "run/idle"
    condition = f"ConditionPathExists=!{mark}"
    text = service("ExecStart=sleep 1000", "Restart=always", "RestartSec=0", unit=condition)
    there.add("web.service", text)
    mark.parent.mkdir(exist_ok=True)
    mark.touch()
    assert there.systemctl("start", "web").returncode == 0
    assert there.systemctl("is-active", "web").stdout == "inactive\n"
    mark.unlink()
    there.systemctl("start", "web")
    assert there.systemctl("is-active", "web").stdout == "active\n"
    mark.touch()
    eventually(lambda: _sleepers(there.root, b"1000"))
    (main,) = _sleepers(there.root, b"1000")
    os.kill(main, signal.SIGKILL)
    eventually(lambda: there.systemctl("is-active", "web").stdout == "inactive\n")


def test_a_service_starts_stops_and_shows_its_state(boot: Boot) -> None:
    there = boot()
    there.add("web.service", service("Type=exec", "ExecStart=sleep 1000"))
    assert there.systemctl("is-active", "web").stdout == "inactive\n"
    assert there.systemctl("start", "web.service").returncode == 0
    assert there.systemctl("is-active", "web.service").returncode == 0
    shown = there.systemctl("show", "--property=ActiveState,SubState,Result,NRestarts", "web")
    expected = "ActiveState=active\nSubState=running\nResult=success\nNRestarts=0\n"
    assert shown.stdout == expected
    assert there.systemctl("stop", "web").returncode == 0
    stopped = there.systemctl("is-active", "web")
    assert (stopped.returncode, stopped.stdout) == (3, "inactive\n")


def test_a_crashed_service_is_restarted(boot: Boot) -> None:
    there = boot()
    lines = ("ExecStart=sleep 1000", "Restart=on-failure", "RestartSec=100ms")
    there.add("web.service", service("Type=exec", *lines))
    assert there.systemctl("start", "web").returncode == 0
    (main,) = _sleepers(there.root, b"1000")
    os.kill(main, signal.SIGKILL)
    eventually(lambda: there.show("web", "NRestarts") == "1")
    eventually(lambda: there.show("web", "ActiveState") == "active")


def test_a_service_that_keeps_failing_is_not_restarted_forever(boot: Boot) -> None:
    there = boot()
    limits = "StartLimitIntervalSec=60\nStartLimitBurst=3"
    lines = ("ExecStart=python3 -c 'raise SystemExit(7)'", "Restart=always", "RestartSec=0")
    there.add("web.service", service(*lines, unit=limits))
    there.systemctl("start", "web")
    eventually(lambda: there.show("web", "Result") == "start-limit-hit")
    assert there.show("web", "ActiveState") == "failed"
    assert there.show("web", "ExecMainStatus") == "7"
    assert there.machine.log_tail("web", 100).count("exited with 7") == 3


def test_the_start_of_a_notify_service_returns_when_it_is_ready(boot: Boot) -> None:
    there = boot()
    there.add("web.service", service("Type=notify", f'ExecStart=python3 -c "{READY}"'))
    there.add(
        "mute.service", service("Type=notify", "TimeoutStartSec=300ms", "ExecStart=sleep 1000")
    )
    assert there.systemctl("start", "web").returncode == 0
    assert there.show("web", "ActiveState") == "active"
    failed = there.systemctl("start", "mute")
    assert failed.returncode == 1
    assert "did not start within 0.3 seconds" in failed.stderr
    assert there.show("mute", "Result") == "timeout"


def test_a_notify_service_can_send_its_state_as_long_as_it_runs(boot: Boot) -> None:
    there = boot()
    late = READY.removesuffix("time.sleep(1000)") + (
        "time.sleep(0.3); address = os.environ['NOTIFY_SOCKET'].replace('@', chr(0), 1); "
        "s.sendto(b'WATCHDOG=1', address); print('sent'); time.sleep(1000)"
    )
    there.add("web.service", service("Type=notify", f'ExecStart=python3 -uc "{late}"'))
    assert there.systemctl("start", "web").returncode == 0
    eventually(lambda: "sent" in there.machine.log_tail("web", 5))


def test_a_service_can_name_another_main_process(boot: Boot) -> None:
    there = boot()
    fork = (
        "import os, socket, time; child = os.fork(); "
        "child or time.sleep(1000); "
        "s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
        "address = os.environ['NOTIFY_SOCKET'].replace('@', chr(0), 1); "
        "s.sendto(b'MAINPID=%%d\\\\nREADY=1' %% child, address); print('child', child)"
    )
    there.add("web.service", service("Type=notify", f'ExecStart=python3 -c "{fork}"'))
    assert there.systemctl("start", "web").returncode == 0
    eventually(lambda: "child " in there.machine.log_tail("web", 5))
    child = int(there.machine.log_tail("web", 5).rpartition("child ")[2].split()[0])
    eventually(lambda: len(processes_of(there.root)) == 1)
    assert there.show("web", "ActiveState") == "active"
    os.kill(child, signal.SIGKILL)
    eventually(lambda: there.show("web", "Result") == "signal")


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("ExecStartPre=python3 -c 'raise SystemExit(1)'", "exit-code"),
        ("LoadCredential=key:/does/not/exist", "resources"),
        ("EnvironmentFile=/does/not/exist", "resources"),
        ("WorkingDirectory=/does/not/exist", "exit-code"),
        ("ExecStartPre=no-such-program", "exit-code"),
    ],
)
def test_a_missing_file_or_program_fails_the_start(boot: Boot, line: str, result: str) -> None:
    there = boot()
    there.add("web.service", service("Type=exec", line, "ExecStart=sleep 1000"))
    assert there.systemctl("start", "web").returncode == 1
    assert there.show("web", "Result") == result
    assert there.show("web", "ActiveState") == "failed"


def test_a_service_gets_the_directories_credentials_and_environment_of_its_unit(boot: Boot) -> None:
    there = boot()
    secret, variables = there.root / "etc/secret", there.root / "etc/web.env"
    secret.write_text("s3cret")
    variables.write_text('A="from file"\nB=2\n')
    show = (
        "import os; e = os.environ; print(e['A'], e['B'], e['C'], e['STATE_DIRECTORY']); "
        "print(e['RUNTIME_DIRECTORY'], open(e['CREDENTIALS_DIRECTORY'] + '/key').read()); "
        "print(oct(os.umask(0)), sorted(e))"
    )
    there.add(
        "web.service",
        service(
            "Environment=A=unit C=%%x",
            f"EnvironmentFile={variables}",
            f"LoadCredential=key:{secret}",
            "StateDirectory=web",
            "RuntimeDirectory=web",
            "UMask=0077",
            f'ExecStart=:python3 -c "{show}"',
        ),
    )
    assert there.systemctl("start", "web").returncode == 0
    eventually(lambda: "PATH" in there.machine.log_tail("web", 10))
    log = there.machine.log_tail("web", 10)
    assert f"from file 2 %x {there.root}/var/lib/web" in log
    assert f"{there.root}/run/web s3cret" in log
    assert "0o77 " in log
    assert "NOTIFY_SOCKET" not in log
    eventually(lambda: not (there.root / "run/credentials/web.service").exists())
    eventually(lambda: not (there.root / "run/web").exists())
    assert (there.root / "var/lib/web").is_dir()


def test_stop_ends_processes_in_other_sessions_too(boot: Boot) -> None:
    there = boot()
    child = (
        "import subprocess, time; subprocess.Popen(['sleep', '1001'], start_new_session=True); "
        "time.sleep(1000)"
    )
    there.add("web.service", service(f'ExecStart=python3 -c "{child}"'))
    there.systemctl("start", "web")
    eventually(lambda: _sleepers(there.root))
    there.systemctl("stop", "web")
    assert not _sleepers(there.root)


def test_a_service_that_ignores_its_stop_signal_is_killed_after_its_timeout(boot: Boot) -> None:
    there = boot()
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('deaf', flush=True); time.sleep(1000)"
    )
    there.add("web.service", service(f'ExecStart=python3 -c "{deaf}"', "TimeoutStopSec=300ms"))
    there.systemctl("start", "web")
    eventually(lambda: "deaf" in there.machine.log_tail("web", 5))
    assert there.systemctl("stop", "web").returncode == 0
    assert "killing it" in there.machine.log_tail("web", 5)


def test_exec_reload_gets_the_main_pid(boot: Boot) -> None:
    there = boot()
    hear = (
        "import signal, time; "
        "signal.signal(signal.SIGUSR2, lambda *_: print('again', flush=True)); "
        "print('here', flush=True); [time.sleep(1) for _ in range(1000)]"
    )
    there.add(
        "web.service", service(f'ExecStart=python3 -c "{hear}"', "ExecReload=kill -USR2 $MAINPID")
    )
    assert there.systemctl("reload", "web").returncode == 1
    there.systemctl("start", "web")
    eventually(lambda: "here" in there.machine.log_tail("web", 5))
    assert there.systemctl("reload", "web").returncode == 0
    eventually(lambda: "again" in there.machine.log_tail("web", 5))


def test_a_higher_file_limit_than_allowed_is_lowered(boot: Boot) -> None:
    there = boot()
    limits = "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    there.add("few.service", service("LimitNOFILE=100", f'ExecStart=python3 -c "{limits}"'))
    there.add("many.service", service("LimitNOFILE=999999999", f'ExecStart=python3 -c "{limits}"'))
    there.systemctl("start", "few")
    assert there.systemctl("start", "many").returncode == 0
    eventually(lambda: "(100, 100)" in there.machine.log_tail("few", 5))
    eventually(lambda: "this computer's limit" in there.machine.log_tail("many", 5))


def _sleepers(root: Path, seconds: bytes = b"1001") -> list[int]:
    """Return the processes of `sleep SECONDS` on the machine."""
    found = []
    for pid in processes_of(root):
        with suppress(OSError):  # it has ended meanwhile
            if Path(f"/proc/{pid}/cmdline").read_bytes() == b"sleep\0" + seconds + b"\0":
                found.append(pid)
    return found


def test_a_path_unit_starts_its_service_once_the_path_exists(boot: Boot) -> None:
    """systemd.path(5); a service that remains after its exit is not started again."""
    there = boot()
    path, count = there.root / "run/wanted", there.root / "run/count"
    there.add(
        "job.service",
        service("Type=oneshot", "RemainAfterExit=yes", f"ExecStart=sh -c 'echo run >> {count}'"),
    )
    there.add(
        "job.path",
        f"[Unit]\n[Path]\nPathExists={path}\nUnit=job.service\n"
        "[Install]\nWantedBy=multi-user.target\n",
    )
    assert there.systemctl("enable", "job.path").returncode == 0
    assert there.systemctl("start", "job.path").returncode == 0
    assert there.show("job.path", "ActiveState") == "active"
    assert there.show("job.service", "ActiveState") == "inactive"
    path.touch()
    eventually(lambda: there.show("job.service", "ActiveState") == "active")
    time.sleep(0.6)
    assert count.read_text() == "run\n"
    assert there.systemctl("stop", "job.path").returncode == 0
    assert there.systemctl("stop", "job.service").returncode == 0
    time.sleep(0.6)
    assert there.show("job.service", "ActiveState") == "inactive"
    assert there.systemctl("reload", "job.path").returncode == 1
