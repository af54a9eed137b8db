"""Find `@pytest.mark.argument("Class(name=...)", effect="...")` in the source of the tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parents[1]


@dataclass(frozen=True, order=True)
class Mark:
    """One argument, its observed effect, and the test that observes the effect."""

    argument: str
    effect: str
    test: str
    """`tests/FOLDER/FILE.py::NAME`."""


def marks() -> list[Mark]:
    """Return all marks of all tests, sorted. Raises `ValueError` unless a mark has two strings."""
    return sorted(mark for path in TESTS.rglob("test_*.py") for mark in _marks_of(path))


def every_test() -> set[str]:
    """Return every test function, in the form of `Mark.test`."""
    return {
        _name(path, test)
        for path in TESTS.rglob("test_*.py")
        for test in _functions(path)
        if test.name.startswith("test_")
    }


def _marks_of(path: Path) -> Iterator[Mark]:
    for test in _functions(path):
        for decorator in test.decorator_list:
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == MARKER:
                yield Mark(*_strings(decorator, path), _name(path, test))


MARKER = "pytest.mark.argument"


def _strings(call: ast.Call, path: Path) -> tuple[str, str]:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    match values:
        case [ast.Constant(value=str(argument)), ast.Constant(value=str(effect))]:
            return argument, effect
    raise ValueError(f"{path}:{call.lineno}: write an argument and its effect, as plain strings")


def _functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def _name(path: Path, test: ast.FunctionDef) -> str:
    return f"{path.relative_to(TESTS.parent).as_posix()}::{test.name}"
