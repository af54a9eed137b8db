"""What porter's commands and a synthesis agree on: one environment variable, one metadata key."""

from __future__ import annotations

PREVIEW = "PORTER_PREVIEW"
"""Set for a synthesis whose output nobody sees. Such a synthesis must not keep anything."""

LIVE_CAPACITY = "porter:live-capacity"
"""Metadata key of an AutoScalingGroup whose `DesiredCapacity` is a parameter of the stack.

Its value is the path of the group's `PorterHost` in the construct tree.
"""
