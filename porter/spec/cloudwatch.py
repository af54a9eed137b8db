"""The CloudWatch agent on a host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from porter.spec.check import check_integer, check_one_line, refuse
from porter.spec.deployment import Text, check_text
from porter.spec.log_source import LogSource, check_sources
from porter.spec.package import Package

METRICS: Mapping[str, tuple[str, str]] = {
    "cpu_usage_active": ("cpu", "usage_active"),
    "cpu_usage_iowait": ("cpu", "usage_iowait"),
    "disk_inodes_free": ("disk", "inodes_free"),
    "disk_used_percent": ("disk", "used_percent"),
    "mem_available_percent": ("mem", "available_percent"),
    "mem_used_percent": ("mem", "used_percent"),
    "netstat_tcp_established": ("netstat", "tcp_established"),
    "netstat_tcp_time_wait": ("netstat", "tcp_time_wait"),
    "processes_total": ("processes", "total"),
    "swap_used_percent": ("swap", "used_percent"),
}
"""A metric's name in CloudWatch, with the agent's section and measurement ("Metrics collected by
the CloudWatch agent", Amazon CloudWatch User Guide)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudWatch:
    """The agent sends `logs` to the group `log_group`, and `metrics` to `namespace`.

    `metrics` are names in `METRICS`, measured every `interval_seconds`. `package` is for systems
    whose own repositories lack the agent.
    """

    logs: tuple[LogSource, ...] = ()
    log_group: Text = ""
    metrics: tuple[str, ...] = ()
    namespace: str = "CWAgent"
    interval_seconds: int = 60
    package: Package | None = None

    def __post_init__(self) -> None:
        check_sources("logs", self.logs)
        check_text("log_group", self.log_group)
        if bool(self.logs) != bool(self.log_group):
            raise refuse("log_group", "must be set if, and only if, logs are sent")
        if not self.logs and not self.metrics:
            raise refuse("logs", "is empty, and so is metrics", cure="write logs=[Journal()]")
        for index, metric in enumerate(self.metrics):
            if metric not in METRICS:
                raise refuse(
                    f"metrics/{index}",
                    f"must be a metric that porter collects, got {metric!r}",
                    cure=f"choose one of {', '.join(METRICS)}",
                )
        check_one_line("namespace", self.namespace)
        if self.namespace.startswith("AWS/"):
            raise refuse("namespace", "must not start with AWS/, which AWS reserves")
        check_integer("interval_seconds", self.interval_seconds, 1, 86_400)
