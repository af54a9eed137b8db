"""Read in cloud-init's logs whether a package could not be installed; its own boot goes on."""

from __future__ import annotations

import re
from pathlib import PurePath

from porter.errors import PorterError
from porter.host.core.view import View

_LOG = "var/log/cloud-init.log"
_OUTPUT = "var/log/cloud-init-output.log"
_BOOT = "running 'init-local'"
"""Begins each boot in both logs; an image may bring the logs of an earlier machine."""

_FAILED = re.compile(r"(?:Failed to install|Failure when attempting to install) packages: \[(.*)\]")
"""Before and since cloud-init 24 (config/cc_package_update_upgrade_install.py)."""

_ERROR = re.compile(r"^(?:E|Error): .+", re.MULTILINE)
"""apt and dnf."""


def package_trouble(view: View) -> str:
    """Return which packages cloud-init could not install in this boot, and why; else nothing."""
    failed = _FAILED.search(_of_this_boot(view, _LOG))
    if not failed:
        return ""
    names = failed.group(1).replace("'", "")
    errors = dict.fromkeys(_ERROR.findall(_of_this_boot(view, _OUTPUT)))
    return f"packages: cloud-init could not install {names}: {' '.join(errors) or 'see its log'}"


def _of_this_boot(view: View, log: str) -> str:
    try:
        there = view.read(view.layout.root / PurePath(log))
    except PorterError:
        return ""
    return there.content.decode(errors="replace").rpartition(_BOOT)[2] if there else ""
