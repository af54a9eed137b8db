"""The plan for a container: its unit, its order, and the request that creates it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from porter.errors import PorterError
from porter.host.core import quoting
from porter.host.core.facts import Facts
from porter.host.core.steps import InstallPackages
from porter.host.core.unit_state import UnitState
from porter.host.docker import phase as docker
from porter.host.docker.creation import LABEL, creation
from porter.host.docker.order import Order
from porter.host.docker.phase import DockerFacts
from porter.host.docker.service import container_service, order_of
from porter.host.docker.steps import FetchImage
from porter.host.release import tidy
from porter.host.release.tidy import OldFacts
from porter.spec import ContainerWorkload, SpecError, decode, loads
from tests.harness.golden import golden
from tests.host.container_values import IMAGE, INSPECTED, WEB
from tests.host.fake_host import FakeHost, host_deployment, host_spec
from tests.host.goals import goal_of

GOLDEN = Path(__file__).parent / "golden"
SPEC = host_spec(workloads=(WEB,))


def created(workload: ContainerWorkload, image: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the request that creates the container of `workload`."""
    order = order_of(goal_of(host_spec(workloads=(workload,))), workload)
    return creation(order, image or INSPECTED, {"A": "1", "PORT": "8000"}, 1_000_000)


def test_unit_of_a_container() -> None:
    service = container_service(goal_of(SPEC), WEB)
    text = service.unit.content.decode()
    assert text == golden(GOLDEN / "porter-container.service", text)


def test_the_order_rests_without_the_environment() -> None:
    _, order = container_service(goal_of(SPEC), WEB).reads
    assert order.path == Path("/etc/porter/containers/web.json")
    assert order.mode == 0o600
    assert b"hello" not in order.content.replace(b"hello-service", b"")
    assert loads(Order, order.content).container.port == 8000


def test_a_container_is_created_as_strict_as_may_be() -> None:
    body = created(WEB)
    assert body.pop("Labels").keys() == {LABEL}
    assert body == {
        "Image": "sha256:1",
        "User": "10000:10000",
        "Env": ["A=1", "PORT=8080"],
        "ExposedPorts": {"8080/tcp": {}},
        "HostConfig": {
            "NetworkMode": "porter",
            "PortBindings": {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8000"}]},
            "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 5},
            "ReadonlyRootfs": True,
            "Tmpfs": {WEB.tmpfs[0]: "rw,nosuid,nodev,size=64m,mode=1777,uid=10000,gid=10000"},
            "CapDrop": ["ALL"],
            "CapAdd": [],
            "SecurityOpt": ["no-new-privileges=true"],
            "PidsLimit": 4096,
            "Ulimits": [{"Name": "nofile", "Soft": 200_000, "Hard": 200_000}],
        },
    }


def test_a_machines_own_authorities_are_a_containers_too(tmp_path: Path) -> None:
    (file := tmp_path / "all.pem").write_text("")
    order = order_of(goal_of(SPEC), WEB)
    body = creation(order, INSPECTED, {}, 1_000_000, authorities=file)
    assert "AWS_CA_BUNDLE=/etc/porter/authorities.pem" in body["Env"]
    [mount] = body["HostConfig"]["Mounts"]
    assert (mount["Source"], mount["Target"]) == (str(file), "/etc/porter/authorities.pem")
    assert mount["ReadOnly"]
    for given, there in ({"AWS_CA_BUNDLE": "/own"}, file), ({}, tmp_path / "none"):
        body = creation(order, INSPECTED, given, 1_000_000, authorities=there)
        assert "Mounts" not in body["HostConfig"]


@pytest.mark.parametrize(
    ("user", "expected"),
    [("", "10000:10000"), ("root", "10000:10000"), ("0:0", "10000:10000"), ("app:web", "app:web")],
)
def test_an_image_of_root_runs_as_an_unprivileged_user(user: str, expected: str) -> None:
    config = {"ExposedPorts": {"80/tcp": {}}, "User": user}
    assert created(WEB, {"Id": "1", "Config": config})["User"] == expected


def test_any_change_creates_another_container() -> None:
    def label(workload: ContainerWorkload) -> str:
        return str(created(workload)["Labels"][LABEL])

    assert label(WEB) == label(WEB)
    assert label(replace(WEB, pids_limit=1)) != label(WEB)


@pytest.mark.parametrize("exposed", [None, {}, {"53/udp": {}}, {"80/tcp": {}, "81/tcp": {}}])
def test_an_unknown_port_is_an_error_that_asks_for_it(exposed: Any) -> None:
    with pytest.raises(PorterError, match=r"say Container\(port=") as error:
        created(WEB, {"Id": "1", "Config": {"ExposedPorts": exposed}})
    assert error.value.where == "web"


def test_docker_is_configured_before_its_package_starts_it_and_has_the_image_last() -> None:
    facts = DockerFacts(
        Facts(
            {},
            {"docker.service": UnitState(), "porterd-address.service": UnitState()},
            systemd=True,
        ),
        None,
        frozenset(),
    )
    steps = docker.plan(goal_of(SPEC), facts)
    titles = [step.title for step in steps]
    assert titles[0].startswith("write /etc/docker/daemon.json")
    installs = [i for i, step in enumerate(steps) if isinstance(step, InstallPackages)]
    fetches = [i for i, step in enumerate(steps) if isinstance(step, FetchImage)]
    assert installs == [2]
    assert fetches == [len(steps) - 2]
    assert titles[2] == "install docker.io with apt-get"
    assert titles[-2] == f"fetch image {IMAGE.reference} (tarball)"


def test_what_an_earlier_release_left_in_docker_is_removed() -> None:
    goal = goal_of(SPEC)
    old = replace(IMAGE, reference=f"sha256:{'e' * 64}")
    records = {docker.record(goal, image).path: str(image.reference) for image in (IMAGE, old)}
    steps = tidy.plan(goal, OldFacts(("porter-old", "porter-web"), records))
    assert [step.title for step in steps] == [
        "remove container porter-old",
        f"remove image {old.reference}",
    ]


def test_without_containers_there_is_nothing_to_do() -> None:
    facts = DockerFacts(Facts({}, {}, systemd=True), None, frozenset())
    assert docker.plan(goal_of(host_spec()), facts) == ()


def test_a_played_machine_refuses_containers_before_anything_starts(fake_host: FakeHost) -> None:
    fake_host.boot(SPEC, host_deployment())
    done = fake_host.porter("host", "apply", "--dry-run")
    assert done.returncode == 1
    assert "containers cannot run on a machine that is only played (web is one)" in done.stderr
    assert "--machine systemd" in done.stderr
    assert not any(call.startswith("start") for call in fake_host.calls())


def test_an_environment_is_read_as_it_was_written() -> None:
    variables = {"A": 'it\'s "x" $HOME `y` \\ \n 2', "B": "", "C": "é=\\n"}
    assert quoting.read_environment(quoting.environment_file(variables)) == variables


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": {"source": "tarball", "reference": "web:1"}}, "image/reference: must be an ima"),
        ({"image": {"source": "registry", "reference": ""}}, "image/reference: must name an image"),
        pytest.param(
            {"port": None, "container_port": 80},
            "container_port: is for services only",
            id="change2-container_port: is for the one behind the proxy",
        ),
        ({"tmpfs": ["tmp"]}, "tmpfs/0: must be an absolute path"),
        pytest.param(
            {"capabilities": ["net raw"]},
            "capabilities/0: not a capability: 'net raw'",
            id="change4-capabilities/0: is no capability",
        ),
        ({"memory_mb": 1}, "memory_mb: must be 6-"),
        ({"pids_limit": 0}, "pids_limit: must be 1-"),
        ({"command": [""]}, "command/0: must name a program"),
        ({"environment": {"PORTERD_URL": ""}}, "environment/PORTERD_URL: is set by porter"),
        ({"stop_seconds": 0}, "stop_seconds: must be 1-60"),
    ],
)
def test_nonsense_is_refused_with_its_place(change: dict[str, Any], message: str) -> None:
    whole = {
        "kind": "container",
        "name": "web",
        "image": {"source": "tarball", "reference": IMAGE.reference},
        "port": 8000,
    }
    with pytest.raises(SpecError) as error:
        decode(ContainerWorkload, {**whole, **change})
    assert str(error.value).startswith(message)
