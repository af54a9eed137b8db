"""The paths of a job's files: the run that this host has claimed, and the last outcome."""

from __future__ import annotations

from pathlib import PurePath

from porter.host.core.layout import Layout


def run(layout: Layout, job: str) -> PurePath:
    """The run of `job` that this host has claimed, mode 0600."""
    return layout.root / f"run/porter/jobs/{job}.json"


def run_environment(layout: Layout, job: str) -> PurePath:
    """The variables that systemd adds to that run's environment."""
    return layout.root / f"run/porter/jobs/{job}.env"


def ended(layout: Layout, job: str) -> PurePath:
    """How the command of that run ended."""
    return layout.root / f"run/porter/jobs/{job}.ended"


def outcome(layout: Layout, job: str) -> PurePath:
    """The outcome of the last run of `job` on this host."""
    return layout.job_outcomes / f"{job}.json"
