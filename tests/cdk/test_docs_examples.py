"""The examples in the documentation synthesize as written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from tests.harness.examples import BLOCKS, PAGES, Names, blocks, lay_out


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with every file that the examples name."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


STACKS = "deploy-to-several-environments"
"""Its app has six stacks, and so a test of its own."""


@pytest.mark.parametrize(
    "block",
    [pytest.param(block, id=name) for name, block in BLOCKS.items() if STACKS not in name],
)
def test_an_example_synthesizes_as_written(block: str) -> None:
    names = Names(stack=cdk.Stack(cdk.App(), "Hello"))
    exec(block, names)  # noqa: S102 - it is our own page
    assert names["stack"].node.root.synth().stacks


def test_one_app_of_45_lines_has_three_environments_in_two_regions() -> None:
    [page] = [one for one in PAGES if one.stem == STACKS]
    [block] = blocks(page)
    assert block.count("\n") <= 45
    names: dict[str, Any] = {}
    exec(block, names)  # noqa: S102 - it is our own page
    found = {one.hierarchical_id: one for one in names["app"].synth().stacks_recursively}
    places = [(name, region) for name in names["ACCOUNTS"] for region in names["REGIONS"]]
    assert set(found) == {f"{name}-{region}/Shop" for name, region in places}
    one = found["prod-us-east-1/Shop"]
    assert (one.stack_name, one.environment.account) == ("prod-us-east-1-Shop", "333333333333")
    [group] = [
        resource["Properties"]
        for resource in one.template["Resources"].values()
        if resource["Type"] == "AWS::AutoScaling::AutoScalingGroup"
    ]
    assert (group["MinSize"], group["MaxSize"]) == ("3", "9")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_python(page: Path) -> None:
    for block in blocks(page):
        compile(block, page.name, "exec")
