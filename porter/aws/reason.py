"""Fit a text into the one line that CloudFormation shows for a signal."""

from __future__ import annotations

LARGEST_REASON = 1024
_JOINT = " | "
_GAP = "..."


def reason_text(text: str) -> str:
    """`text` as one line of at most 1 KB (UTF-8): the CDK CLI's layout breaks on newlines.

    Lines are joined by a bar. When there are too many, the first stays (it says what failed) and
    of the others as many of the last as fit whole (they say why). Control characters become spaces.
    """
    lines = [line for line in (_clean(line) for line in text.splitlines()) if line]
    if not lines:
        return ""
    if _fits(whole := _JOINT.join(lines)):
        return whole
    first, rest = _cut(lines[0]), lines[1:]
    kept: list[str] = []
    while rest and _fits(_JOINT.join([first, _GAP, rest[-1], *kept])):
        kept.insert(0, rest.pop())
    return _JOINT.join([first, _GAP, *kept]) if kept else first


def _clean(line: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in line)
    return " ".join(printable.split())


def _fits(text: str) -> bool:
    return len(text.encode("utf-8", "replace")) <= LARGEST_REASON


def _cut(line: str) -> str:
    if _fits(line):
        return line
    room = LARGEST_REASON - len(_GAP)
    return line.encode("utf-8", "replace")[:room].decode("utf-8", "ignore") + _GAP
