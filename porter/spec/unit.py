"""The names of the systemd units that the host writes and porterd asks about."""

from __future__ import annotations

HAPROXY_UNIT = "porter-haproxy.service"
"""The proxy before the service."""


def workload_unit(name: str) -> str:
    """The unit of the workload whose `HostSpec.running_name` is `name`."""
    return f"porter-{name}.service"


def check_unit(name: str) -> str:
    """The unit that runs the check of the worker `name`; no workload's name holds an underscore."""
    return f"porter-{name}_check.service"
