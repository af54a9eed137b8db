"""Escape texts in XML answers, which ministack 1.5.33 inserts as they are."""

from __future__ import annotations

import functools
import re
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

_ESCAPED = "HttpHeaderConfig|ScalingPolicies"
"""Elements in which ministack escapes every text itself: a second time would change the texts."""

_PLAIN = "|".join(
    (
        *("Key", "Value", "HealthCheckPath", "MessageBody"),
        *("Host", "Path"),  # of a redirect; ministack escapes its Query
        *("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint"),
        *("ClientId", "Scope", "SessionCookieName"),
        "member(?!><[A-Z])",  # the value of a condition; other members hold elements
    )
)
"""The elements of load balancing and auto scaling that hold a user's own text."""

_TEXT = re.compile(
    f"<(?P<escaped>{_ESCAPED})>.*?</(?P=escaped)>|<(?P<name>{_PLAIN})>(?P<text>.*?)</(?P=name)>",
    re.DOTALL,
)


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
    if element["escaped"]:
        return element[0]
    name = element["name"]
    return f"<{name}>{escape(element['text'])}</{name}>"
