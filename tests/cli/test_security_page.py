"""docs/explanation/security.md: every promise names a test that exists."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "security.md"
PROMISES = re.findall(r"^\| (.+?) \| `(tests/\S+)` \|$", PAGE.read_text(), re.MULTILINE)


def test_there_are_promises() -> None:
    section = PAGE.read_text().partition("## What is promised")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")]
    assert len(PROMISES) == len(rows) - 1 > 20


@pytest.mark.parametrize(("promise", "test"), PROMISES, ids=[test for _, test in PROMISES])
def test_the_test_of_a_promise_exists(promise: str, test: str) -> None:
    file, _, name = test.partition("::")
    module = ast.parse((ROOT / file).read_text())
    functions = {node.name for node in module.body if isinstance(node, ast.FunctionDef)}
    assert name in functions, f"no test shows that {promise}"
