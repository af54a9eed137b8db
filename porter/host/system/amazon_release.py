"""The one release of Amazon Linux 2023 from which a host installs and updates everything.

An image is locked to its own release, which never gets updates. With `latest`, two runs of dnf may
see two releases. The variable file applies to every later run, also to those of setup steps (AL2023
User Guide, "Using a deterministic upgraded system").
"""

from __future__ import annotations

import re
from pathlib import PurePath

from porter.host.core.layout import Layout

LIST_RELEASES = ("check-release-update", "--version-only")
"""Prints each newer release on a line of its own, and nothing if there is none."""

_RELEASE = re.compile(r"^\s*(\d{4}\.\d+\.\d{8})\s*$", re.MULTILINE)


def release_file(layout: Layout) -> PurePath:
    """Return dnf's variable `releasever`. A file that the image brought is the user's choice."""
    return layout.root / "etc/dnf/vars/releasever"


def newest(output: str) -> str:
    """Return the newest release that `LIST_RELEASES` printed; empty if there is none.

    `--latest-only` would compare them as strings, 2023.9 after 2023.10
    (https://github.com/amazonlinux/amazon-linux-2023/issues/1062).
    """
    found: list[str] = _RELEASE.findall(output)
    return max(found, key=lambda one: [int(part) for part in one.split(".")], default="")
