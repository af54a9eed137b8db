"""Change the size of a group in a running rehearsal, from another terminal."""

from __future__ import annotations

import re

from porter.aws.clients import ERRORS
from porter.errors import PorterError
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.fleet import group_note
from porter.rehearsal.story.running import Found

_SIZE = re.compile(r"([+-]?)(\d{1,3})")


def scale(found: Found, size: str) -> str:
    """Set the size of the group of `found` (`+1`, `-1`, `3`); return what changes.

    Raises `PorterError` for another `size`, and if the embedded AWS does not answer.
    """
    match = _SIZE.fullmatch(size)
    if match is None:
        raise PorterError(f"must be like +1, -1 or 3, got {size!r}", where="porter rehearse scale")
    note = group_note.read(found.folder)
    aws = account.clients(Environment(account=note.account, region=note.region), note.endpoint)
    try:
        groups = aws["autoscaling"].describe_auto_scaling_groups(AutoScalingGroupNames=[note.name])
        [group] = groups["AutoScalingGroups"] or [None]
        if group is None:
            raise PorterError("its Auto Scaling group is deleted", where=found.instance_id)
        before = group["DesiredCapacity"]
        change = {"+": before + int(match[2]), "-": before - int(match[2]), "": int(match[2])}
        after = max(0, change[match[1]])
        aws["autoscaling"].update_auto_scaling_group(
            AutoScalingGroupName=note.name,
            MinSize=min(after, group["MinSize"]),
            MaxSize=max(after, group["MaxSize"]),
            DesiredCapacity=after,
        )
    except ERRORS as error:
        raise PorterError(f"the embedded AWS: {error}", where=note.endpoint) from error
    return f"{found.service or found.instance_id}: {before} -> {after} hosts"
