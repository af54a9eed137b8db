"""Ports moved by `--map-port` or `PORTER_PORTS`."""

from __future__ import annotations

import pytest

from porter.host.core.layout import Layout
from porter.spec import HostSpec, loads
from tests.host.fake_host import FakeHost


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [
        (["--map-port", "80:8080", "--map-port", "8000:8001", "--map-port", "3001=3002"], ""),
        ([], "80=8080 8000=8001 3001:3002"),
    ],
)
def test_moved_ports_reach_every_file(
    fake_host: FakeHost, arguments: list[str], variable: str
) -> None:
    if variable:
        fake_host.environment["PORTER_PORTS"] = variable
    fake_host.apply(*arguments)
    etc = fake_host.root / "etc/porter"
    assert "bind :8080\n" in (etc / "haproxy.cfg").read_text()
    assert "127.0.0.1:8001\n" in (etc / "haproxy.cfg").read_text()
    assert (fake_host.root / "run/porter/environment/web.env").read_text() == (
        'AWS_DEFAULT_REGION="eu-central-1"\n'
        'AWS_REGION="eu-central-1"\n'
        'GREETING="hello"\n'
        f'HOME="{fake_host.root}/var/cache/porter-web"\n'
        f'PATH="{Layout(fake_host.root).path}"\n'
        'PORT="8001"\n'
        'PORTERD_TCP_ADDR="127.0.0.1"\n'
        'PORTERD_TCP_PORT="3002"\n'
        'PORTERD_URL="http://127.0.0.1:3002"\n'
    )
    spec = loads(HostSpec, (etc / "host.json").read_bytes())
    assert spec.proxy is not None
    assert (spec.proxy.port, spec.porterd.port) == (8080, 3002)
    assert "CAP_NET_BIND_SERVICE" not in fake_host.unit("porter-haproxy.service")


@pytest.mark.parametrize("pair", ["80", "80:http", "80:8080 80:8081", "80:8080:9"])
def test_nonsense_as_a_port_is_a_usage_error(fake_host: FakeHost, pair: str) -> None:
    done = fake_host.porter("host", "apply", "--dry-run", "--map-port", pair)
    assert done.returncode == 2


def test_ports_moved_onto_each_other_are_refused(fake_host: FakeHost) -> None:
    done = fake_host.porter("host", "apply", "--dry-run", "--map-port", "80:8000")
    assert done.returncode == 1
    assert "8000 is already proxy/port" in done.stderr
