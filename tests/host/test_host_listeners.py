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
from tests.host.listening import listening

NGINX = "/system.slice/nginx.service"
NGINX_SAID = (
    "port {port} is taken by nginx (nginx.service, process 812)\n"
    "  where: phase {phase}: {where}\n"
    '  cure: add setup=[Setup("no-nginx", command=["systemctl", "disable", "--now", '
    '"nginx.service"])]{else_}\n'
)


@pytest.mark.parametrize(
    ("port", "phase", "where"),
    [
        (80, "haproxy", "proxy/port"),
        (8000, "workloads", "workloads/0/port"),
        (3001, "porterd", "porterd/port"),
    ],
)
def test_an_apply_names_who_has_the_port_before_it_starts_anything(
    fake_host: FakeHost, port: int, phase: str, where: str
) -> None:
    listening(fake_host.root, "nginx", NGINX, port)
    done = fake_host.porter("host", "apply", "--dry-run")
    assert done.returncode == 1
    else_ = "" if phase == "porterd" else ", or choose another port"
    said = NGINX_SAID.format(port=port, phase=phase, where=where, else_=else_)
    assert done.stderr.endswith(said)


@pytest.mark.parametrize(("port", "where"), [(80, "proxy/port"), (3001, "porterd/port")])
def test_a_program_of_the_app_has_to_listen_elsewhere(
    fake_host: FakeHost, port: int, where: str
) -> None:
    listening(fake_host.root, "python3", "/system.slice/porter-mail.service", port)
    done = fake_host.porter("host", "apply", "--dry-run")
    assert done.returncode == 1
    assert f"port {port} is taken by python3 (porter-mail.service, process 812)" in done.stderr
    assert f": {where}\n  cure: it is a program of this app: let it listen on " in done.stderr


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
    listening(fake_host.root, "haproxy", unit, 80, state)
    fake_host.apply("--dry-run")


IPV6_LOOPBACK = "00000000000000000000000001000000"
IPV6_ANY = "0" * 32
MAPPED_LOOPBACK = "0000000000000000FFFF00000100007F"


@pytest.mark.parametrize(
    ("port", "address", "conflicts"),
    [
        (3001, "0500000A", False),  # 10.0.0.5
        (3001, IPV6_LOOPBACK, False),
        (3001, "0100007F", True),
        (3001, "02AAFEA9", True),  # 169.254.170.2
        (3001, MAPPED_LOOPBACK, True),
        (3001, IPV6_ANY, True),
        (8000, "0500000A", False),
        (8000, "02AAFEA9", False),
        (8000, "0100007F", True),
        (80, "0500000A", True),  # HAProxy listens on all IPv4 addresses
        (80, MAPPED_LOOPBACK, True),
        (80, IPV6_LOOPBACK, False),
    ],
)
def test_a_listener_on_an_address_that_porter_does_not_need_is_no_stranger(
    fake_host: FakeHost, port: int, address: str, *, conflicts: bool
) -> None:
    listening(fake_host.root, "agent", "/system.slice/agent.service", port, address=address)
    done = fake_host.porter("host", "apply", "--dry-run")
    assert done.returncode == (1 if conflicts else 0), done.stderr
    assert (f"port {port} is taken by agent" in done.stderr) == conflicts


@pytest.mark.parametrize("own", ["127.0.0.1", "0.0.0.0"])
def test_a_listener_on_ipv6_alone_is_beside_one_on_ipv4(own: str) -> None:
    """The kernel refuses a listener on `[::]` for both families beside another one."""
    with (
        socket.create_server((own, 0)) as server,
        socket.create_server(("::", server.getsockname()[1]), family=socket.AF_INET6) as other,
    ):
        port = other.getsockname()[1]
        found = strangers(View(Layout()), [port], at=["127.0.0.1"])
        assert len(found) == 1
        server.close()
        assert len(strangers(View(Layout()), [port], at=["127.0.0.1"])) == 1, "nothing shows it"


@pytest.fixture
def port() -> Iterator[int]:
    """A port on which this process listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_the_kernels_own_tables_are_read(port: int) -> None:
    (found,) = strangers(View(Layout()), [port], at=["127.0.0.1"])
    assert found.port == port
    assert found.program in Path("/proc/self/comm").read_text()


@pytest.mark.parametrize("unit", ["", "session-3.scope"])
def test_a_program_without_a_unit_is_to_be_stopped(unit: str) -> None:
    error = Listener(80, "python3", 7, unit).refusal("proxy/port")
    assert isinstance(error, PorterError)
    assert error.what.startswith("port 80 is taken by python3 (")
    assert error.cure == "stop it, or choose another port"
