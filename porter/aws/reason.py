"""Fit a text into the one line that CloudFormation shows for a signal."""

from __future__ import annotations

import re

from porter.aws.redaction import Redactor

LARGEST_REASON = 1024
_JOINT = " | "
_GAP = "..."
_LEAST_ROOM = 60
"""Bytes below which a cut line says nothing any more."""

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles and links
    r"|\x1b[ -/]*[0-~]?"
)
"""Terminal sequences (ECMA-48), which would leave `[31m` behind without their first character."""

_JOINERS = "\u200c\u200d"
"""Not printable by themselves, but part of Persian words and of emoji."""


def reason_text(text: str, redactor: Redactor | None = None) -> str:
    """`text` as one line of at most 1 KB (UTF-8): the CDK CLI's layout breaks on newlines.

    Lines are joined by a bar; a first line that ends in a colon introduces the others. When there
    are too many, the first stays (it says what failed) and of the others as many of the last as fit
    whole (they say why). Terminal sequences go, control characters become spaces, and what
    `redactor` knows is replaced before anything is cut.
    """
    redact = redactor or Redactor()
    lines = [line for line in (_clean(line, redact) for line in redact(text).splitlines()) if line]
    if not lines:
        return ""
    first, rest = _cut(lines[0], LARGEST_REASON), lines[1:]
    joint = " " if first.endswith(":") else _JOINT
    if (
        _size(whole := joint.join([first, _JOINT.join(rest)] if rest else [first]))
        <= LARGEST_REASON
    ):
        return whole
    room = LARGEST_REASON - _size(first + joint)
    return f"{first}{joint}{last_lines(rest, room)}" if room >= _LEAST_ROOM else first


def last_lines(lines: list[str], room: int) -> str:
    """As many of the last of `lines` as fit whole into `room` bytes, after a gap; at least one.

    The last one is cut if it has to be.
    """
    kept = [_cut(lines[-1], room - len(_GAP + _JOINT))]
    for line in reversed(lines[:-1]):
        if _size(_JOINT.join([_GAP, line, *kept])) > room:
            break
        kept.insert(0, line)
    return _JOINT.join([_GAP, *kept])


def _clean(line: str, redact: Redactor) -> str:
    line = _ESCAPES.sub("", line)
    printable = "".join(c if c.isprintable() or c in _JOINERS else " " for c in line)
    return redact(" ".join(printable.split()))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _cut(line: str, room: int) -> str:
    """`line` in at most `room` bytes, and no character halved."""
    if _size(line) <= room:
        return line
    kept = line.encode("utf-8", "replace")[: max(0, room - len(_GAP))]
    return kept.decode("utf-8", "ignore") + _GAP
