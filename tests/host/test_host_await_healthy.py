"""A newer program replaces the older one only if it is the program that answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.release.steps import AwaitHealthy
from porter.spec import HealthCheck
from tests.daemon.loopback import Service, running
from tests.host.fake_host import FakeHost
from tests.host.listening import given_to, listening

UNIT = "porter-web_b.service"
OWNER, OTHER = 61_234, 61_235
CHECK = HealthCheck("/health", interval_seconds=0.1, healthy_threshold=2)


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    """A host on which the newer program runs."""
    host = FakeHost(tmp_path)
    host.install_systemctl()
    host.install_unit(UNIT)
    (host.root / f"systemd/user-{UNIT}").write_text(str(OWNER))
    return host


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a healthy program."""
    service = Service()
    with running(service):
        yield service.port


def await_healthy(host: FakeHost, port: int, check: HealthCheck = CHECK) -> None:
    AwaitHealthy(UNIT, port, check, 1).perform(Machine(Layout(host.root)))


@pytest.mark.parametrize(
    "codes", [pytest.param("200", id="healthy"), pytest.param("404", id="not-healthy")]
)
def test_a_stranger_that_answers_on_its_port_is_named(
    host: FakeHost, port: int, codes: str
) -> None:
    listening(host.root, "python3", "/system.slice/porter-mail.service", port)
    given_to(OTHER, host.root)
    with pytest.raises(PorterError) as raised:
        await_healthy(host, port, replace(CHECK, codes=codes))
    assert raised.value.where == UNIT
    said = f"port {port} is taken by python3 (porter-mail.service, process 812)"
    assert raised.value.what == said


@pytest.mark.parametrize("user", [OWNER, 0])
def test_its_own_user_may_answer_and_root_for_a_container(
    host: FakeHost, port: int, user: int
) -> None:
    listening(host.root, "docker-proxy", "/system.slice/docker.service", port)
    given_to(user, host.root)
    await_healthy(host, port)


def test_its_own_processes_may_answer_as_another_user(host: FakeHost, port: int) -> None:
    listening(host.root, "nginx", f"/system.slice/{UNIT}", port)
    given_to(OTHER, host.root)
    await_healthy(host, port)
