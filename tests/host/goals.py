"""A specification on a real host, and systemd's judgement of its units."""

from __future__ import annotations

import subprocess

from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.systems import SYSTEMS
from porter.spec import HostSpec
from tests.host.fake_host import host_deployment

DEBIAN = next(known for known in SYSTEMS if known.name == "Debian 12")


def goal_of(spec: HostSpec) -> Goal:
    """Return the goal of `spec` on a real host."""
    return Goal(spec, host_deployment(), Layout(), "/usr/bin/python3.11", {}, DEBIAN)


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemd-analyze."""
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
