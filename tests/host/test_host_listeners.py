"""A program that has a port of porter's is named with its unit and the cure."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.listeners import Listener, strangers
from porter.host.core.view import View
from tests.host.fake_host import FakeHost


def running(root: Path, program: str, unit: str, port: int, state: str = "0A") -> None:
    """Let the process 812 of `unit` have a socket on `port`, as /proc shows it."""
    process, table = root / "proc/812", root / "proc/net/tcp"
    (process / "fd").mkdir(parents=True)
    (process / "fd/0").symlink_to("/dev/null")
    (process / "fd/3").symlink_to("socket:[4711]")
    (process / "comm").write_text(f"{program}\n")
    (process / "cgroup").write_text(f"0::{unit}\n")
    table.parent.mkdir()
    rows = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid inode",
        f"0: 00000000:{port + 1:04X} 00000000:0000 0A 00000000:00000000 00:00000000 0 0 0 4712 1",
        f"1: 00000000:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 0 0 0 4711 1",
    )
    table.write_text("\n".join(rows) + "\n")


NGINX = "/system.slice/nginx.service"
NGINX_SAID = (
    "port {port} is taken by nginx (nginx.service, process 812)\n"
    "  where: phase {phase}: {where}\n"
    '  cure: add setup=[Setup("no-nginx", command=["systemctl", "disable", "--now", '
    '"nginx.service"])], or choose another port\n'
)


@pytest.mark.parametrize(
    ("port", "phase", "where"),
    [(80, "haproxy", "proxy/port"), (8000, "workloads", "workloads/0/port")],
)
def test_an_apply_names_who_has_the_port_before_it_starts_anything(
    fake_host: FakeHost, port: int, phase: str, where: str
) -> None:
    running(fake_host.root, "nginx", NGINX, port)
    done = fake_host.porter("host", "apply", "--dry-run")
    assert done.returncode == 1
    assert done.stderr.endswith(NGINX_SAID.format(port=port, phase=phase, where=where))


@pytest.mark.parametrize(
    ("unit", "state"),
    [
        ("/system.slice/porter-haproxy.service", "0A"),
        ("/system.slice/haproxy.service", "0A"),  # the distribution's, which porter stops
        (NGINX, "01"),  # a connection from port 80, not a listener
    ],
)
def test_porters_own_and_connections_are_no_strangers(
    fake_host: FakeHost, unit: str, state: str
) -> None:
    running(fake_host.root, "haproxy", unit, 80, state)
    fake_host.apply("--dry-run")


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_kernels_own_tables_are_read(port: int) -> None:
    (found,) = strangers(View(Layout()), [port])
    assert found.port == port
    assert found.program in Path("/proc/self/comm").read_text()


@pytest.mark.parametrize("unit", ["", "session-3.scope"])
def test_a_program_without_a_unit_is_to_be_stopped(unit: str) -> None:
    error = Listener(80, "python3", 7, unit).refusal("proxy/port")
    assert isinstance(error, PorterError)
    assert error.what.startswith("port 80 is taken by python3 (")
    assert error.cure == "stop it, or choose another port"
