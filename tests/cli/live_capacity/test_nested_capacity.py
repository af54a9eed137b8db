"""`porter deploy` starts a new group in a nested stack with the size of the one it replaces."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment, read_assembly
from porter.rehearsal.cloud.emulator import Emulator

from .conftest import ACCOUNT, REGION, Run, scale, synthesized
from .deployed import deploy, only_group

GREW = "Hello/Inner/Service/Host: 3 hosts run now; a new group starts with 3\n"


@pytest.fixture(scope="module")
def inner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app whose service of 1 to 5 hosts is in a nested stack, and its assembly."""

    def nested(program: str) -> str:
        inside = 'PorterService(cdk.NestedStack(stack, "Inner"),'
        changed, count = re.subn(r"PorterService\(\s*stack,", inside, program)
        assert count == 1
        return changed

    return synthesized(tmp_path_factory.mktemp("inner"), nested)


@pytest.mark.exhaustive
def test_a_release_starts_as_many_hosts_as_ran_before(
    run: Run, inner: Path, cloud: dict[str, str], emulator: Emulator
) -> None:
    home = Environment(account=ACCOUNT, region=REGION)
    account.bootstrap(read_assembly(inner / "cdk.out", home), emulator.endpoint)
    aws = account.clients(home, emulator.endpoint)
    assert GREW not in deploy(inner, aws, cloud, emulator)
    first, size = only_group(aws)
    assert size == 1

    scale(aws, 3)
    (inner / "service" / "more").touch()
    assert run("build", cwd=inner, env={"CDK_VALIDATION": "false"}).returncode == 0
    assert deploy(inner, aws, cloud, emulator).startswith(GREW)
    second, size = only_group(aws)
    assert second != first
    assert size == 3
