"""What porter's commands tell an app at synthesis, through the CDK's context."""

from __future__ import annotations

LIVE_CAPACITY = "porter:desired-capacity:"
"""Followed by a host's path in the construct tree: how many hosts its group has now.

The group's metadata in the template holds the whole key under the name `LIVE_CAPACITY_METADATA`.
"""

LIVE_CAPACITY_METADATA = "porter:live-capacity"
