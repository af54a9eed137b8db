"""The examples in the documentation synthesize as written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from tests.harness.examples import BLOCKS, PAGES, Names, blocks, lay_out


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file that the examples name."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("block", [pytest.param(block, id=name) for name, block in BLOCKS.items()])
def test_an_example_synthesizes_as_written(block: str) -> None:
    names = Names(stack=cdk.Stack(cdk.App(), "Hello"))
    exec(block, names)  # noqa: S102 - it is our own page
    assert names["stack"].node.root.synth().stacks


def test_one_app_of_45_lines_has_three_environments_in_two_regions() -> None:
    [page] = [one for one in PAGES if one.stem == "deploy-to-several-environments"]
    [block] = blocks(page)
    assert block.count("\n") <= 45
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102 - it is our own page
    stages = [one.stage_name for one in names["app"].node.children]
    assert stages == [
        f"{name}-{region}" for name in names["ACCOUNTS"] for region in names["REGIONS"]
    ]
    [stack] = names["app"].node.find_child("prod-us-east-1").node.children
    assert (stack.stack_name, stack.account) == ("prod-us-east-1-Shop", "333333333333")
    assert stack.node.find_child("Service").host.environment_name == "prod-us-east-1"
    group = Template.from_stack(stack).find_resources("AWS::AutoScaling::AutoScalingGroup")
    assert [one["Properties"]["MinSize"] for one in group.values()] == ["3"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_python(page: Path) -> None:
    for block in blocks(page):
        compile(block, page.name, "exec")
