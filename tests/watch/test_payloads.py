"""Which payload a host gets, and whether it gets it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from porter.packing.recipe import Recipe
from porter.rehearsal.cloud.assembly import Environment, Stack
from porter.rehearsal.fleet.fleet import Fleet
from porter.rehearsal.fleet.host import Host, Origin
from porter.rehearsal.watch.packer import Repacked
from porter.rehearsal.watch.payloads import Applied, Payloads
from tests.host.fake_host import host_deployment, host_spec

HERE = Environment(account="123456789012", region="eu-central-1")
DEPLOYED, SECOND, THIRD = "a" * 64, "2" * 64, "3" * 64


@dataclass(eq=False)
class Aws:
    """S3 and IAM, as far as a hot apply asks them."""

    objects: set[str] = field(default_factory=set)
    rejects: bool = False

    def __getitem__(self, _service: str) -> Aws:
        return self

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803 - AWS's own
        assert Bucket
        assert Body
        if self.rejects:
            raise ClientError({"Error": {"Code": "SlowDown"}}, "PutObject")
        self.objects.add(Key)

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        assert Bucket
        self.objects.discard(Key)

    def put_role_policy(self, **_: str) -> None: ...

    def delete_role_policy(self, **_: str) -> None: ...


@dataclass
class Machine:
    """A machine on which `porter host apply` ends with `code`."""

    code: int = 0

    def command(self, _argv: Sequence[str]) -> list[str]:
        return ["sh", "-c", f"exit {self.code}"]


def _stack(name: str, environment: Environment = HERE) -> Stack:
    nothing: frozenset[str] = frozenset()
    return Stack(
        id=name,
        name=name.replace("/", "-"),
        environment=environment,
        buckets=nothing,
        repositories=nothing,
        roles=nothing,
        version_parameter=None,
    )


def _recipe(sha256: str = DEPLOYED, host: str = "Hello/Service/Host") -> Recipe:
    return Recipe(host=host, sha256=sha256, spec=host_spec(), parts={})


class World:
    """Some hosts, and the payloads that they get."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.aws = Aws()
        self.hosts: list[Host] = []
        fleet = SimpleNamespace(serving=lambda: self.hosts)
        self.payloads = Payloads(cast(Fleet, fleet), folder)

    def host(self, stack: str = "Hello", region: str = "eu-central-1") -> Host:
        stack_id = f"arn:aws:cloudformation:{region}:123456789012:stack/{stack}/1"
        deployment = replace(host_deployment(), stack_id=stack_id)
        host = Host(
            instance_id=f"i-{len(self.hosts)}",
            machine=cast(Any, Machine()),
            spec=host_spec(),
            ports={},
            origin=Origin(aws=cast(Any, self.aws), deployment=deployment, role_name="role"),
        )
        host.service = {"signal": {"state": "sent", "at": 1.0}}
        self.hosts.append(host)
        return host

    def want(self, sha256: str, host: str = "Hello/Service/Host") -> list[Host]:
        archive = self.folder / "packed"
        archive.write_text(sha256)
        return self.payloads.want([Repacked(_recipe(sha256, host), archive)])

    def apply(self) -> Applied:
        return self.payloads.apply(self.payloads.behind(), lambda: None, lambda _seconds: False)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.payloads.deployed([_recipe()], [_stack("Hello")])
    return world


def _refuse(*hosts: Host) -> None:
    for host in hosts:
        cast(Any, host.machine).code = 1


def test_a_host_gets_what_is_wanted_once(world: World) -> None:
    host = world.host()
    assert world.want(SECOND) == [host]
    assert world.apply().hosts == (host,)
    assert world.payloads.behind() == []


def test_a_program_that_is_undone_with_a_deployment_is_undone_on_the_hosts(world: World) -> None:
    host = world.host()
    world.want(SECOND)
    world.apply()
    world.payloads.deployed([_recipe()], [_stack("Hello")])
    assert world.want(DEPLOYED) == [host]


def test_new_hosts_do_not_get_what_every_host_has_refused(world: World) -> None:
    _refuse(world.host(), world.host())
    world.want(SECOND)
    assert len(world.apply().reasons) == 2
    world.host()
    assert world.payloads.behind() == []


def test_new_hosts_get_what_was_accepted_before_a_broken_save(world: World) -> None:
    first = world.host()
    world.want(SECOND)
    world.apply()
    _refuse(first)
    world.want(THIRD)
    world.apply()
    new = world.host()
    assert world.payloads.behind() == [new]
    world.apply()
    assert world.want(SECOND) == []


def test_a_host_that_refused_what_another_has_accepted_is_left_alone(world: World) -> None:
    world.host()
    _refuse(world.host())
    world.want(SECOND)
    applied = world.apply()
    assert (len(applied.hosts), len(applied.reasons)) == (1, 1)
    assert world.payloads.behind() == []


def test_a_request_that_aws_rejects_is_not_repeated_before_the_next_save(world: World) -> None:
    host = world.host()
    world.want(SECOND)
    world.aws.rejects = True
    with pytest.raises(ClientError):
        world.apply()
    assert world.payloads.behind() == []
    assert world.want(THIRD) == [host]


def test_nothing_of_earlier_payloads_is_left(world: World) -> None:
    world.host()
    for sha256 in (SECOND, THIRD):
        world.want(sha256)
        world.apply()
    world.want("4" * 64)
    assert world.aws.objects == set()
    archives = {path.name for path in world.folder.glob("*.tar.xz")}
    assert archives == {f"{THIRD}.tar.xz", f"{'4' * 64}.tar.xz"}


def test_a_host_in_a_nested_stack_is_the_apps(world: World) -> None:
    path = "Hello/Nested/Service/Host"
    stacks = [_stack("Hello"), _stack("Hello/Nested/Service/Host2"), _stack("Hell")]
    world.payloads.deployed([_recipe(host=path)], stacks)
    host = world.host("Hello-NestedNestedStack-1ABC")
    assert world.want(SECOND, path) == [host]


def test_stacks_of_one_name_in_two_regions_are_told_apart(world: World) -> None:
    elsewhere = replace(HERE, region="eu-west-1")
    stacks = [
        replace(_stack("One/Web"), name="Web"),
        replace(_stack("Two/Web", elsewhere), name="Web"),
    ]
    paths = ["One/Web/Service/Host", "Two/Web/Service/Host"]
    world.payloads.deployed([_recipe(host=path) for path in paths], stacks)
    first, second = world.host("Web"), world.host("Web", "eu-west-1")
    assert world.want(SECOND, paths[0]) == [first]
    world.apply()
    assert world.want(THIRD, paths[1]) == [second]


def test_a_payload_of_no_host_that_runs_is_told(world: World) -> None:
    world.host()
    assert world.payloads.serve([Repacked(_recipe(), world.folder)])
    assert not world.payloads.serve([Repacked(_recipe(host="Hello/Other/Host"), world.folder)])
