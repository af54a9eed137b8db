"""The names of the systemd units that the host writes and porterd asks about."""

from __future__ import annotations

HAPROXY_UNIT = "porter-haproxy.service"
"""The proxy before the service."""

UNITS_OF_JOBS = ("porter-job-", "porter-lease-")
"""How the names of jobs' units begin: no workload's does."""


def workload_unit(name: str) -> str:
    """The unit of the workload whose `HostSpec.running_name` is `name`."""
    return f"porter-{name}.service"


def check_unit(name: str) -> str:
    """The unit that runs the check of the worker `name`; no workload's name holds an underscore."""
    return f"porter-{name}_check.service"


def job_unit(name: str) -> str:
    """The unit in which the command of the job `name` runs."""
    return f"porter-job-{name}.service"


def lease_unit(name: str) -> str:
    """The unit that takes the lease of the job `name`, has it run, and tells what came of it."""
    return f"porter-lease-{name}.service"


def job_timer(name: str) -> str:
    """The timer that starts `lease_unit` when the job `name` is due."""
    return f"porter-job-{name}.timer"
