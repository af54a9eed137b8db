"""What a template tells porter's commands, in the metadata of its resources."""

from __future__ import annotations

LIVE_CAPACITY = "porter:live-capacity"
"""At a group whose `DesiredCapacity` a parameter may give: the path of its host in the app."""
