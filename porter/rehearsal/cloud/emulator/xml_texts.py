"""Escape texts in XML answers, which ministack 1.5.33 inserts as they are."""

from __future__ import annotations

import functools
import re
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

_TEXT = re.compile(r"<(Key|Value|HealthCheckPath)>(.*?)</\1>", re.DOTALL)
"""The elements of load balancing and auto scaling that hold a user's own text."""


def escape_texts(*services: ModuleType) -> None:
    """Let the answers of `services` escape `&` and `<`, as AWS's do."""
    for service in services:
        _escape(service)


def _escape(service: ModuleType) -> None:
    original = service._xml  # noqa: SLF001 - no public name

    @functools.wraps(original)
    def xml(status: int, action: str, inner: str) -> Any:  # noqa: ANN401 - ministack's own type
        return original(status, action, _TEXT.sub(_escaped, inner))

    setattr(service, "_xml", xml)  # noqa: B010 - private, and so untyped


def _escaped(element: re.Match[str]) -> str:
    name, text = element.groups()
    return f"<{name}>{escape(text)}</{name}>"
