"""The names of the systemd units that the host writes and porterd asks about."""

from __future__ import annotations

HAPROXY_UNIT = "porter-haproxy.service"
"""The unit of HAProxy in front of the service."""

UNITS_OF_JOBS = ("porter-job-", "porter-lease-")
"""Prefix of the units of jobs; no workload's unit begins with it."""


def workload_unit(name: str) -> str:
    """Return the unit of the workload whose `HostSpec.running_name` is `name`."""
    return f"porter-{name}.service"


def check_unit(name: str) -> str:
    """Return the unit that runs the check of the worker `name` (no workload has an underscore)."""
    return f"porter-{name}_check.service"


def job_unit(name: str) -> str:
    """Return the unit that runs the command of the job `name`."""
    return f"porter-job-{name}.service"


def lease_unit(name: str) -> str:
    """Return the unit that takes the lease of the job `name`, starts it, and records the result."""
    return f"porter-lease-{name}.service"


def job_timer(name: str) -> str:
    """Return the timer that starts `lease_unit` when the job `name` is due."""
    return f"porter-job-{name}.timer"
