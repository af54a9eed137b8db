"""`python -m porter.host.restart`: what root restarts because porterd asks for it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from porter.spec import ProcessWorkload, dumps
from tests.harness.slowness import slowness
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec

MAIL = ProcessWorkload(name="mail", command=("/bin/true",))
SPEC = host_spec(workloads=(WEB, MAIL))


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    """A host whose two programs run."""
    host = FakeHost(tmp_path / "host")
    host.boot(SPEC, host_deployment())
    host.install_systemctl()
    (host.root / "etc/porter/host.json").write_text(dumps(SPEC))
    for name in ("web", "mail"):
        host.install_unit(f"porter-{name}.service")
    (host.root / "run/porterd").mkdir(parents=True)
    return host


@pytest.fixture
def run(host: FakeHost) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start the program, once porterd has asked for what the test says."""
    started: list[subprocess.Popen[str]] = []

    def start(asked: str) -> subprocess.Popen[str]:
        _ask(host, asked)
        environment = {
            **os.environ,
            "PATH": f"{host.root / 'usr/bin'}:{os.environ['PATH']}",
            "PORTER_ROOT": str(host.root),
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", "porter.host.restart"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


def _ask(host: FakeHost, asked: str) -> None:
    draft = host.root / "run/porterd/restart.new"
    draft.write_text(asked)
    draft.replace(host.root / "run/porterd/restart")


def _withdraw(host: FakeHost, process: subprocess.Popen[str]) -> str:
    """Remove porterd's file, as porterd does; return what was printed."""
    (host.root / "run/porterd/restart").unlink()
    printed, _ = process.communicate(timeout=30 * slowness())
    assert process.returncode == 0
    return printed


def _restarts(host: FakeHost) -> list[str]:
    return [call for call in host.called() if call.startswith("restart")]


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().rstrip()


Run = Callable[[str], "subprocess.Popen[str]"]


def test_each_request_restarts_its_programs_once(host: FakeHost, run: Run) -> None:
    process = run("1.0\nweb\n")
    assert _line(process) == "restarted web, which porterd found unhealthy"
    time.sleep(1)
    assert _restarts(host) == ["restart porter-web.service"]
    _ask(host, "2.0\nweb\nmail\n")
    assert _line(process) == "restarted web, which porterd found unhealthy"
    assert _line(process) == "restarted mail, which porterd found unhealthy"
    assert _withdraw(host, process) == ""
    assert _restarts(host)[1:] == ["restart porter-web.service", "restart porter-mail.service"]


@pytest.mark.parametrize("name", ["sshd", "../web", "porter-web.service", "porterd"])
def test_what_is_no_program_of_this_host_is_not_restarted(
    host: FakeHost, run: Run, name: str
) -> None:
    """Porterd has no privileges: whoever takes it over gains none from here."""
    process = run(f"1.0\n{name}\nmail\n")
    said = [_line(process)]
    said += [_line(process)] if "restarted" not in said[0] else []
    assert said[-1] == "restarted mail, which porterd found unhealthy"
    _withdraw(host, process)
    assert _restarts(host) == ["restart porter-mail.service"]


def test_what_somebody_stopped_stays_stopped(host: FakeHost, run: Run) -> None:
    (host.root / "systemd/active-porter-web.service").unlink()
    process = run("1.0\nweb\n")
    assert _line(process) == "web is not restarted: somebody stopped it"
    _withdraw(host, process)
    assert _restarts(host) == []


def test_a_failed_restart_says_why_and_the_others_follow(host: FakeHost, run: Run) -> None:
    host.fail("restart", "porter-web.service")
    process = run("1.0\nweb\nmail\n")
    assert _line(process).startswith("web is not restarted: Job for porter-web.service failed")
    assert _line(process) == "restarted mail, which porterd found unhealthy"
    _withdraw(host, process)


def test_nothing_is_restarted_during_an_apply(host: FakeHost, run: Run) -> None:
    lock = host.root / "run/porter/apply.lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = run("1.0\nweb\n")
        assert _line(process) == "web is not restarted: `porter host apply` is running"
        _withdraw(host, process)
    assert _restarts(host) == []


def test_nothing_is_restarted_on_a_host_that_leaves(host: FakeHost, run: Run) -> None:
    (host.root / "run/porterd/drain").touch()
    process = run("1.0\nweb\n")
    assert _line(process) == "Auto Scaling terminates this host: nothing is restarted"
    _withdraw(host, process)
    assert _restarts(host) == []


@pytest.mark.parametrize("kind", ["link", "pipe", "large", "folder"])
def test_a_file_that_porterd_never_writes_is_refused(host: FakeHost, kind: str) -> None:
    """Porterd may be taken over; systemd starts the program again, so it pauses first."""
    file = host.root / "run/porterd/restart"
    match kind:
        case "link":
            file.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(file)
        case "large":
            file.write_text("web\n" * 2000)
        case _:
            file.mkdir()
    environment = {**os.environ, "PORTER_ROOT": str(host.root)}
    began = time.monotonic()
    command = [sys.executable, "-m", "porter.host.restart"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert str(file) in done.stdout
    assert time.monotonic() - began >= 5
    assert _restarts(host) == []
