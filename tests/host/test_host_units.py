"""The generated units as whole files, checked by systemd's own tools."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from porter.host.environment.service import environment_service
from porter.host.haproxy.cfg import haproxy_cfg
from porter.host.haproxy.service import haproxy_service
from porter.host.programs.service import workload_service
from porter.host.system.porterd import porterd_service
from porter.spec import HealthCheck
from tests.harness.golden import golden
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec
from tests.host.goals import analyze, goal_of

GOLDEN = Path(__file__).parent / "golden"
UNITS = (
    "porter-environment.service",
    "porter-web.service",
    "porter-haproxy.service",
    "porterd.service",
    "porterd-drain.service",
    "porterd-restart.service",
    "porterd-return.service",
    "porterd-shutdown.service",
)
PATHS = ("porterd-drain.path", "porterd-restart.path", "porterd-return.path")
BALANCED = host_deployment(target_groups=("arn:aws:elasticloadbalancing:hello",))
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine"
)


def test_unit_of_a_workload() -> None:
    service = workload_service(goal_of(host_spec()), WEB)
    text = service.unit.content.decode()
    assert text == golden(GOLDEN / "porter-web.service", text)


def test_unit_that_restores_environments() -> None:
    service = environment_service(goal_of(host_spec()))
    text = service.unit.content.decode()
    assert text == golden(GOLDEN / "porter-environment.service", text)


def test_unit_of_haproxy() -> None:
    service = haproxy_service(goal_of(host_spec()), Path("/usr/sbin/haproxy"))
    text = service.unit.content.decode()
    assert text == golden(GOLDEN / "porter-haproxy.service", text)


def test_unit_of_porterd() -> None:
    service = porterd_service(goal_of(host_spec()))
    text = service.unit.content.decode()
    assert text == golden(GOLDEN / "porterd.service", text)


def test_haproxy_cfg() -> None:
    text = haproxy_cfg(host_spec(), Path("/run/porter/haproxy.pem")).decode()
    assert text == golden(GOLDEN / "haproxy.cfg", text)


def test_porterd_asks_the_endpoints_that_apply_was_started_with(fake_host: FakeHost) -> None:
    endpoint = "http://127.0.0.1:1234/100%"
    fake_host.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = endpoint
    fake_host.apply()
    line = f'Environment="AWS_EC2_METADATA_SERVICE_ENDPOINT={endpoint}%"\n'
    assert line in fake_host.unit("porterd.service")


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("node", "ExecStart=node\n"),
        ("python3", "ExecStart=/opt/porter/bin/python3\n"),
        ("./run.sh", "ExecStart=/opt/porter/payload-aaaaaaaaaaaa/workloads/web/run.sh\n"),
        ("bin/run", "ExecStart=/opt/porter/payload-aaaaaaaaaaaa/workloads/web/bin/run\n"),
        ("/usr/bin/env", "ExecStart=/usr/bin/env\n"),
    ],
)
def test_program_of_a_workload_is_a_bare_name_or_absolute(program: str, expected: str) -> None:
    service = workload_service(goal_of(host_spec()), replace(WEB, command=(program,)))
    assert expected in service.unit.content.decode()


@needs_systemd
def test_systemd_accepts_every_unit_without_a_word(fake_host: FakeHost) -> None:
    odd = ('"', "'", "\\", "$HOME", "${HOME}", "%n", ";", "", "a b", "\n\t", "é", "\u2028", "#")
    fake_host.boot(
        host_spec(
            workloads=(replace(WEB, command=("python3", *odd)),),
            health_check=HealthCheck('/it\'s?a="b"'),
        ),
        BALANCED,
    )
    fake_host.apply()
    for unit in (*UNITS, *PATHS):
        path = fake_host.root / "etc/systemd/system" / unit
        done = analyze("verify", "--man=no", str(path))
        assert (done.returncode, done.stdout + done.stderr) == (0, ""), unit


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_exposure_of_every_unit_is_low(fake_host: FakeHost, unit: str) -> None:
    """Systemd rates exposure from 0 to 10; the limit is 2.5, and an ordinary unit has 9.6."""
    fake_host.boot(host_spec(), BALANCED)
    fake_host.apply()
    path = fake_host.root / "etc/systemd/system" / unit
    done = analyze("security", "--offline=true", "--threshold=25", "--no-pager", str(path))
    assert done.returncode == 0, done.stdout
