"""What porter's commands and a synthesis agree on: a variable, names, a context key."""

from __future__ import annotations

import re

PREVIEW = "PORTER_PREVIEW"
"""Set for a synthesis whose output nobody sees. Such a synthesis must not keep anything."""

REHEARSED_PROCESSOR = "PORTER_REHEARSED_PROCESSOR"
"""Set in a rehearsal: its machine's processor, as `uname -m` names it, for `Build`."""

BUILT_HERE = "porter-cdk:built-for-this-machine"
"""The id of the note at a host whose payload is built for that processor, and not the hosts'."""

RECIPES = "PORTER_RECIPES"
"""Set for every rehearsal: the folder for the recipes of payloads, which `--watch` reads."""

LIVE_CAPACITY = "porter:live-capacity"
"""Metadata key of an AutoScalingGroup whose `DesiredCapacity` is a parameter of the stack.

Its value is the path of the group's `PorterHost` in the construct tree.
"""

UNKNOWN_CAPACITY = "0"
"""The value of that parameter when CloudFormation shall choose the size."""

IMAGE_REFRESHED = "porter:image-refreshed"
"""Context key with the time of `porter deploy --refresh-image`, in `cdk.context.json`.

It is a part of the release's name of every host whose image only CloudFormation knows.
"""

RELEASE_DIGITS = 12
"""The hexadecimal digits of a release's name."""

_RELEASED = re.compile(rf"(?P<stem>.+?)[0-9a-f]{{{RELEASE_DIGITS}}}")


def without_release(logical_id: str) -> str:
    """Return `logical_id` without the name of a release at its end (ADR 0024)."""
    released = _RELEASED.fullmatch(logical_id)
    return released["stem"] if released else logical_id
