"""The examples in the documentation synthesize as written."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest

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
    exec(block, {}, names)  # noqa: S102 - it is our own page
    assert names["stack"].node.root.synth().stacks


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_is_python(page: Path) -> None:
    for block in blocks(page):
        compile(block, page.name, "exec")
