"""Notices: what EC2 announces to an instance through its metadata.

Sources: "Spot Instance interruption notices" and "EC2 instance rebalance recommendations" in the
EC2 User Guide; "Retrieve the target lifecycle state" in that of EC2 Auto Scaling.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

SPOT_WARNING = timedelta(minutes=2)


def _interruption(now: datetime) -> Mapping[str, str]:
    then = _stamp(now + SPOT_WARNING)
    action = json.dumps({"action": "terminate", "time": then})
    return {"spot/instance-action": action, "spot/termination-time": then}


def _rebalance(now: datetime) -> Mapping[str, str]:
    return {"events/recommendations/rebalance": json.dumps({"noticeTime": _stamp(now)})}


def _terminating(_now: datetime) -> Mapping[str, str]:
    return {"autoscaling/target-lifecycle-state": "Terminated"}


NOTICES: Mapping[str, Callable[[datetime], Mapping[str, str]]] = {
    "spot-interruption": _interruption,
    "rebalance": _rebalance,
    "terminating": _terminating,
}
"""By name: a function that returns the values of paths below `meta-data/`."""


def give(folder: Path, name: str) -> None:
    """Write the notice `name`, one of `NOTICES`, to an instance's folder of notices."""
    for path, text in NOTICES[name](datetime.now(UTC)).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}")
        new.write_text(text, "utf-8")
        new.replace(file)  # atomic: the instance may be reading


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
