"""Build the bundle whenever the wheel is built."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundleHook(BuildHookInterface):  # type: ignore[type-arg]
    """hatchling calls `initialize` before it collects the wheel's files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's
        """Leave editable installs alone: there `make` builds the bundle."""
        if version == "editable":
            return
        sys.path.insert(
            0, self.root
        )  # hatchling loads this file by its path: porter is not installed
        try:
            from porter.bundle.build import build  # noqa: PLC0415
        finally:
            sys.path.remove(self.root)
        root = Path(self.root)
        build(root / "porter" / "bundle" / "bundle.tar.xz", root=root)
