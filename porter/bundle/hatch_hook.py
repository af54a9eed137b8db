"""Build the bundle whenever the wheel is built."""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
    """hatchling calls `initialize` before it collects the wheel's files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave editable installs alone: there `make` builds the bundle."""
