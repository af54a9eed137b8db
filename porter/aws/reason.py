"""Fit a text into the one line that CloudFormation shows for a signal."""

from __future__ import annotations

import re

from porter.aws.redaction import Redactor

LARGEST_REASON = 1024
_JOINT = " | "
_GAP = "..."
_LEAST_ROOM = 60
"""Bytes: a line cut to fewer is left out."""

_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # colours and cursor movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles and links
    r"|\x1b[ -/]*[0-~]?"
)
"""Terminal sequences (ECMA-48): removing only their first character would leave `[31m`."""

_JOINERS = "\u200c\u200d"
"""Not printable by themselves, but parts of Persian words and of emoji."""


def reason_text(text: str, redactor: Redactor | None = None) -> str:
    """Return `text` as one line of at most 1 KB (UTF-8): newlines break the CDK CLI's layout.

    Lines are joined by a bar; a first line that ends in a colon introduces the others. If the text
    is too long, the first line stays (it says what failed), then as many of the last lines as fit
    whole (they say why). Terminal sequences are removed, control characters become spaces, and
    `redactor` replaces secrets before anything is cut.
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
    """Return as many of the last `lines` as fit whole into `room` bytes, after a gap; at least one.

    The last line is cut if it is too long.
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
    """Return `line` in at most `room` bytes, every character whole."""
    if _size(line) <= room:
        return line
    kept = line.encode("utf-8", "replace")[: max(0, room - len(_GAP))]
    return kept.decode("utf-8", "ignore") + _GAP
