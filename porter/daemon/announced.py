"""Read what AWS announces in instance metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from porter.daemon.happenings import Notice

SPOT_SECONDS = 120.0
"""From the notice to the interruption (EC2 User Guide, "Spot Instance interruption notices")."""

_ENDS = frozenset({"terminate", "stop", "instance-stop", "instance-retirement"})
"""What takes the host away. A host that hibernates or reboots comes back by itself."""


def spot(text: str) -> Iterator[Notice]:
    """Yield the notice in the answer of `Metadata.spot_action`."""
    if text:
        action = _parsed(text, {})
        due = _instant(action.get("time"))
        yield Notice(notice="spot-interruption", action=str(action.get("action", "")), due=due)


def maintenance(text: str) -> Iterator[Notice]:
    """Yield a notice for each active event in the answer of `Metadata.maintenance`."""
    for event in _parsed(text or "[]", []):
        if isinstance(event, dict) and event.get("State", "active") == "active":
            due = _instant(event.get("NotBefore"))
            yield Notice(notice="maintenance", action=str(event.get("Code", "")), due=due)


def ends(notice: Notice, now: float) -> float | None:
    """Return when `notice` ends this host (epoch seconds), if a drain must begin `now`.

    A notice of Spot that cannot be read is two minutes ahead.
    """
    due = notice.due
    if notice.notice == "spot-interruption" and notice.action in ("", *_ENDS):
        return now + SPOT_SECONDS if due is None else due
    if notice.action in _ENDS and due is not None and due - now <= SPOT_SECONDS:
        return due
    return None


def _parsed(text: str, other: Any) -> Any:  # noqa: ANN401 - JSON
    try:
        found = json.loads(text)
    except ValueError:
        return other
    return found if isinstance(found, type(other)) else other


def _instant(text: object) -> float | None:
    """Return epoch seconds; None without a date that can be read."""
    if not isinstance(text, str):
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = parse(text)
        except ValueError:
            continue
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    return None
