"""Parse a unit file's lines: sections, assignments, comments (systemd.syntax(7))."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from porter.errors import PorterError


@dataclass(frozen=True)
class Assignment:
    """One `Name=value` of a unit file, and its line number."""

    section: str
    name: str
    value: str
    line: int


def parse(text: str) -> Iterator[Assignment]:
    """Yield the assignments of `text` in order. Raises `PorterError` with the line of an error."""
    section = ""
    for number, line in _logical_lines(text):
        if line.startswith("["):
            section = line.strip("[]")
            continue
        name, equals, value = line.partition("=")
        if not equals or not section:
            raise PorterError(f"cannot read {line!r}", where=f"line {number}")
        yield Assignment(section, name.strip(), value.strip(), number)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield numbered lines without comments; a backslash at the end joins the next line."""
    pending, begun = "", 0
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if line.startswith(("#", ";")) or (not line and not pending):
            continue
        begun = begun or number
        if (len(line) - len(line.rstrip("\\"))) % 2:
            pending += line[:-1] + " "
            continue
        if pending + line:
            yield begun, (pending + line).strip()
        pending, begun = "", 0
    if pending:
        yield begun, pending.strip()
