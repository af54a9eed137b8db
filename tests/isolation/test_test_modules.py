"""Test modules do not import each other: each can move, or run in another process."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]


def _imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_no_test_module_is_imported() -> None:
    modules = {module: set(_imported(module)) for module in TESTS.rglob("*.py")}
    names = {module.stem for module in modules if module.stem.startswith("test_")}
    found = {
        str(module.relative_to(TESTS)): name
        for module, imported in modules.items()
        for name in imported
        if name.rpartition(".")[2] in names
    }
    assert found == {}
