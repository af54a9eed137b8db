"""Scaling activities: the fleet records them, and DescribeScalingActivities lists them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

ACTIVITIES = "activities.jsonl"
"""The file with the activities, in the embedded AWS's folder: a JSON object in each line."""

_MOST = 100

_WANTED = "An instance was started in response to a difference between desired and actual capacity."

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingActivity:
    """What an Auto Scaling group did with an instance, or attempted; it ended when it began.

    `status` is `Successful`, `Failed` or `Cancelled`; `message` says why it is not the first.
    `cause` is why the group did it.
    """

    account: str
    region: str
    scaling_group: str
    description: str
    status: str
    message: str = ""
    cause: str = _WANTED
    activity_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))


def refused(account: str, region: str, scaling_group: str, message: str) -> ScalingActivity:
    """Return the activity of a launch that EC2 refused with `message`.

    The texts are those of the AWS CLI's example "To describe scaling activities for a deleted
    group" and of kubernetes/autoscaler#1263.
    """
    message = f"{message} Launching EC2 instance failed."
    return ScalingActivity(
        account=account,
        region=region,
        scaling_group=scaling_group,
        description=f"Launching a new EC2 instance.  Status Reason: {message}",
        status="Failed",
        message=message,
    )


def launched(
    account: str, region: str, scaling_group: str, instance_id: str, *, replaces: bool = False
) -> ScalingActivity:
    """Return the activity of a launch that succeeded; `replaces` an unhealthy instance.

    AWS's words for that are those that users quote from their activity history.
    """
    unhealthy = "an instance was launched in response to an unhealthy instance needing to be"
    return ScalingActivity(
        account=account,
        region=region,
        scaling_group=scaling_group,
        description=f"Launching a new EC2 instance: {instance_id}",
        status="Successful",
        cause=f"At {_now()} {unhealthy} replaced." if replaces else _WANTED,
    )


def taken_out(account: str, region: str, scaling_group: str, instance_id: str) -> ScalingActivity:
    """Return the activity of terminating an instance that `SetInstanceHealth` called unhealthy.

    Auto Scaling User Guide, "View the reason for health check failures".
    """
    why = "an instance was taken out of service in response to a user health-check."
    return ScalingActivity(
        account=account,
        region=region,
        scaling_group=scaling_group,
        description=f"Terminating EC2 instance: {instance_id}",
        status="Successful",
        cause=f"At {_now()} {why}",
    )


def list_activities(auto_scaling: ModuleType, requests: ModuleType, path: Path) -> None:
    """Let ministack, which has none, list the activities in the file `path`.

    Auto Scaling API Reference, "DescribeScalingActivities": the newest first, at most 100, those of
    deleted groups only if asked for. terraform-provider-aws knows the error for an unknown group.
    """

    def mine() -> Iterator[ScalingActivity]:
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        for line in reversed(lines):
            activity = ScalingActivity(**json.loads(line))
            home = requests.get_account_id(), requests.get_region()
            if (activity.account, activity.region) == home:
                yield activity

    def describe(parameters: Mapping[str, Any]) -> Answer:
        name = parameters.get("AutoScalingGroupName", "")
        deleted_too = parameters.get("IncludeDeletedGroups", "") == "true"
        there = auto_scaling._asgs  # noqa: SLF001 - no public name
        found = [
            activity
            for activity in mine()
            if name in ("", activity.scaling_group)
            and (deleted_too or activity.scaling_group in there)
        ]
        if name and name not in there and not found:
            text = f"AutoScalingGroup name not found - AutoScalingGroup {name} not found"
            unknown: Answer = auto_scaling._error("ValidationError", text)  # noqa: SLF001
            return unknown
        most = min(int(parameters.get("MaxRecords") or _MOST), _MOST)
        members = "".join(
            _member(activity, deleted=activity.scaling_group not in there)
            for activity in found[:most]
        )
        answer: Answer = auto_scaling._xml(  # noqa: SLF001
            200,
            "DescribeScalingActivitiesResponse",
            "<DescribeScalingActivitiesResult>"
            f"<Activities>{members}</Activities></DescribeScalingActivitiesResult>",
        )
        return answer

    auto_scaling._ACTION_MAP["DescribeScalingActivities"] = describe  # noqa: SLF001


def _member(activity: ScalingActivity, *, deleted: bool) -> str:
    values = {
        "ActivityId": activity.activity_id,
        "AutoScalingGroupName": activity.scaling_group,
        "Description": activity.description,
        "Cause": activity.cause,
        "StartTime": activity.at,
        "EndTime": activity.at,
        "StatusCode": activity.status,
        **({"StatusMessage": activity.message} if activity.message else {}),
        "Progress": "100",
        **({"AutoScalingGroupState": "Deleted"} if deleted else {}),
    }
    elements = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in values.items())
    return f"<member>{elements}</member>"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
