"""A container gets its secrets as files in memory, never as variables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core.goal import Goal
from porter.host.core.steps import ChangeUnit, RemoveFile, WriteFile
from porter.host.docker.creation import creation
from porter.host.docker.order import Order
from porter.host.docker.output import NOTE
from porter.host.docker.secret_files import copy_secrets
from porter.host.docker.service import container_service, order_of
from porter.host.release import swap
from porter.host.release.slots import in_slot_b
from porter.host.release.slotted import Slotted
from porter.host.secrets.files import held
from porter.spec import Image, SpecError, loads
from tests.host.container_values import INSPECTED, KEY, VALUE, WEB
from tests.host.fake_host import host_spec
from tests.host.goals import goal_of
from tests.host.swap_facts import facts_of_swap

WITH_KEY = replace(WEB, secret_files={"KEY": KEY})


@pytest.fixture
def goal() -> Goal:
    """The goal of a host with a container that has a secret."""
    return replace(goal_of(host_spec(workloads=(WITH_KEY,))), secrets={KEY: VALUE})


def test_the_container_gets_the_path_of_its_secret_and_docker_never_its_value(goal: Goal) -> None:
    environment, order, secret = container_service(goal, WITH_KEY).reads
    assert b'KEY_FILE="/run/secrets/KEY"\n' in environment.content
    assert (secret.path, secret.mode) == (Path("/run/porter/secrets/web/KEY"), 0o600)
    assert secret.content == VALUE.encode()
    assert loads(Order, order.content).secret_files == (str(secret.path),)
    assert b"first line" not in environment.content + order.content
    file = Path("/run/porter/containers/web/KEY")
    body = creation(order_of(goal, WITH_KEY), INSPECTED, {}, 1000, secrets=(file,))
    assert body["HostConfig"]["Mounts"] == [
        {"Type": "bind", "Source": str(file), "Target": "/run/secrets/KEY", "ReadOnly": True}
    ]


def test_its_unit_has_a_folder_that_only_root_enters(goal: Goal) -> None:
    def lines(goal: Goal) -> list[str]:
        unit = container_service(goal, goal.spec.workloads[0])  # type: ignore[arg-type]
        return [line for line in unit.unit.content.decode().split("\n") if "RuntimeDir" in line]

    assert lines(goal) == [
        "RuntimeDirectory=porter/containers/web",
        "RuntimeDirectoryMode=0700",
        "RuntimeDirectoryPreserve=restart",
    ]


def test_any_user_in_the_container_can_read_a_secret_and_only_root_outside(tmp_path: Path) -> None:
    source, folder = tmp_path / "KEY", tmp_path / "folder"
    folder.mkdir()
    (folder / "OLD").write_text("of an earlier release")
    source.write_text("one")
    [copy] = copy_secrets([str(source)], str(folder))
    assert copy == folder / "KEY"
    assert copy.stat().st_mode & 0o777 == 0o444
    with copy.open() as open_before:  # as for a container's mount
        source.write_text("two")
        copy_secrets([str(source)], str(folder))
        assert open_before.read() == "one"
    assert copy.read_text() == "two"
    assert [path.name for path in folder.iterdir()] == ["KEY"]


def test_a_secret_that_is_no_longer_used_is_removed_even_the_last_one(tmp_path: Path) -> None:
    """A restart of the unit keeps the folder."""
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in (NOTE, "OLD"):
        (folder / name).write_text("of an earlier release")
    assert copy_secrets([], str(folder)) == ()
    assert [path.name for path in folder.iterdir()] == [NOTE]


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(PorterError, match="the secret cannot be read: No such file") as error:
        copy_secrets([str(tmp_path / "KEY")], str(tmp_path))
    assert error.value.where == str(tmp_path / "KEY")


def test_a_rotated_secret_swaps_the_container_and_each_slot_has_its_own_file(goal: Goal) -> None:
    live = Slotted.of(goal, b"key")
    other = Slotted.of(in_slot_b(goal, lambda _port: True), b"key")
    steps = swap.plan(goal, facts_of_swap(live, other))
    folder = Path("/run/porter/secrets")
    start = steps.index(ChangeUnit("start", "porter-web_b.service"))
    assert folder / "web_b/KEY" in [
        step.path for step in steps[:start] if isinstance(step, WriteFile)
    ]
    stop = steps.index(ChangeUnit("stop", "porter-web.service"))
    assert RemoveFile(folder / "web/KEY") in steps[stop:]
    variables = other.service.reads[0].content
    assert b'KEY_FILE="/run/secrets/KEY"\n' in variables


def test_a_secret_called_credentials_is_not_taken_for_its_images() -> None:
    image = Image(source="registry", reference="web:1", credentials=replace(KEY, id="login"))
    workload = replace(WEB, image=image, secret_files={"credentials": KEY})
    found = {one.name: one.secret.id for one in held(host_spec(workloads=(workload,)))}
    assert found == {"image/credentials": "login", "credentials": "key"}


def test_a_file_has_a_variable_of_its_own() -> None:
    with pytest.raises(SpecError, match="KEY_FILE is in environment too") as error:
        replace(WITH_KEY, environment={"KEY_FILE": "/etc/key"})
    assert error.value.where == "secret_files/KEY"
