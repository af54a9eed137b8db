"""Write docs/reference/arguments.md: `python -m tests.arguments.page`."""

from pathlib import Path

from tests.arguments.amazons import AMAZONS
from tests.arguments.marks import Mark, marks

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "arguments.md"
INTRODUCTION = """\
# What each argument does

Each row names an argument, its effect on something that runs, and the test that observes it.

`python -m tests.arguments.page` generates this page from the marks of the tests.
A test fails if the page is out of date, and another one if an argument has no row.

| argument | observed effect | test |
|---|---|---|
"""
AWS = """\

## Observed in the template alone

AWS or cloud-init acts on these arguments.
The tests compare what the arguments put into the template.

| argument | in the template | test |
|---|---|---|
"""


def page(found: list[Mark]) -> str:
    """Return the whole page."""
    rows = "".join(_row(mark.argument, mark.effect, mark.test) for mark in found)
    own = "".join(_row(name, *AMAZONS[name]) for name in sorted(AMAZONS))
    return INTRODUCTION + rows + AWS + own


def _row(argument: str, effect: str, test: str) -> str:
    file, _, name = test.partition("::")
    return f"| `{argument}` | {effect} | [{name.removeprefix('test_')}](../../{file}) |\n"


if __name__ == "__main__":
    PAGE.write_text(page(marks()))
