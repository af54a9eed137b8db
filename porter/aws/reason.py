"""Fit a text into the one line that CloudFormation shows for a signal."""

from __future__ import annotations

import re

from porter.aws.excerpt import JOINT, cut, excerpt, size
from porter.aws.redaction import Redactor

LARGEST_REASON = 1024
_LEAST_ROOM = 60
"""Bytes: an excerpt of fewer is left out."""

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
    is too long, the first line stays (it says what failed), then an `excerpt` of the others.
    Terminal sequences are removed, control characters become spaces, and `redactor` replaces
    secrets before anything is cut.
    """
    redact = redactor or Redactor()
    lines = [line for line in (_clean(line, redact) for line in redact(text).splitlines()) if line]
    if not lines:
        return ""
    first, rest = cut(lines[0], LARGEST_REASON), lines[1:]
    joint = " " if first.endswith(":") else JOINT
    room = LARGEST_REASON - size(first + joint)
    return f"{first}{joint}{excerpt(rest, room)}" if rest and room >= _LEAST_ROOM else first


def _clean(line: str, redact: Redactor) -> str:
    line = _ESCAPES.sub("", line)
    printable = "".join(c if c.isprintable() or c in _JOINERS else " " for c in line)
    return redact(" ".join(printable.split()))
