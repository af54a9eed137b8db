"""Write tests/arguments/arguments.md: `python -m tests.arguments.page`."""

from pathlib import Path

from tests.arguments.amazons import AMAZONS
from tests.arguments.marks import Mark, marks
from tests.arguments.public import default_of

PAGE = Path(__file__).with_name("arguments.md")
INTRODUCTION = """\
# What each argument does

Each row names an argument, its default, and its effect on something that runs.
The test in the last column observes the effect.

`python -m tests.arguments.page` generates this page from the marks of the tests.
The defaults are those of the constructs' signatures and docstrings.
A test fails if the page is out of date, and another one if an argument has no row.

| argument | default | observed effect | test |
|---|---|---|---|
"""
AWS = """\

## Observed in the template alone

AWS or cloud-init acts on these arguments.
The tests compare what the arguments put into the template.

| argument | default | in the template | test |
|---|---|---|---|
"""


def page(found: list[Mark]) -> str:
    """Return the whole page."""
    rows = "".join(_row(mark.argument, mark.effect, mark.test) for mark in found)
    own = "".join(_row(name, *AMAZONS[name]) for name in sorted(AMAZONS))
    return INTRODUCTION + rows + AWS + own


def _row(argument: str, effect: str, test: str) -> str:
    file, _, name = test.partition("::")
    link = f"[{name.removeprefix('test_')}](../{file.removeprefix('tests/')})"
    return f"| `{argument}` | {default_of(argument)} | {effect} | {link} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(marks()))
