"""Notices: what EC2 announces to an instance through its metadata.

Sources: "Spot Instance interruption notices" and "EC2 instance rebalance recommendations" in the
EC2 User Guide; "Retrieve the target lifecycle state" in that of EC2 Auto Scaling.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

SPOT_SECONDS = 120
"""From the notice of a Spot interruption to the end of the instance."""

_TERMINATION = "spot/termination-time"
_REBALANCE = "events/recommendations/rebalance"


def _interruption(now: datetime, seconds: int) -> Mapping[str, str]:
    then = _stamp(now + timedelta(seconds=seconds))
    action = json.dumps({"action": "terminate", "time": then})
    return {"spot/instance-action": action, _TERMINATION: then}


def _rebalance(now: datetime, _seconds: int) -> Mapping[str, str]:
    return {_REBALANCE: json.dumps({"noticeTime": _stamp(now)})}


def _terminating(_now: datetime, _seconds: int) -> Mapping[str, str]:
    return {"autoscaling/target-lifecycle-state": "Terminated"}


ANNOUNCEMENTS: Mapping[str, Callable[[datetime, int], Mapping[str, str]]] = {
    "spot-interruption": _interruption,
    "rebalance": _rebalance,
    "terminating": _terminating,
}
"""By name: a function that returns the values of paths below `meta-data/`."""


def give(folder: Path, name: str, seconds: int = SPOT_SECONDS) -> None:
    """Write the notice `name`, one of `ANNOUNCEMENTS`, to an instance's folder of notices.

    A Spot interruption is so many `seconds` ahead.
    """
    for path, text in ANNOUNCEMENTS[name](datetime.now(UTC), seconds).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}")
        new.write_text(text, "utf-8")
        new.replace(file)  # atomic: the instance may be reading


def interrupted(folder: Path) -> bool:
    """Whether the time of a Spot interruption that was given to `folder` has come."""
    try:
        then = datetime.fromisoformat((folder / _TERMINATION).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return datetime.now(UTC) >= then


def at_risk(folder: Path) -> bool:
    """Whether a rebalance recommendation was given to `folder`, or a Spot interruption."""
    return any((folder / path).exists() for path in (_REBALANCE, _TERMINATION))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
