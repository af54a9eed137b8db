"""How porterd, HAProxy and the load balancer decide that a service or a worker is healthy."""

from __future__ import annotations

from dataclasses import dataclass, field

from porter.spec.check import check_integer, check_one_line, check_seconds, refuse
from porter.spec.command import check_command
from porter.spec.deployment import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """An HTTP health check: `GET path` must answer 200.

    The words are those of an Elastic Load Balancing target group: `healthy_threshold`
    consecutive successes, `interval_seconds` apart, each within `timeout_seconds`, make the
    host healthy. A redirect is not a success.
    """

    path: str = field(default="/health", kw_only=False)
    interval_seconds: float = 1.0
    timeout_seconds: float = 3.0
    healthy_threshold: int = 3

    def __post_init__(self) -> None:
        check_one_line("path", self.path)
        if not self.path.startswith("/") or " " in self.path or not self.path.isascii():
            raise refuse("path", f"must start with / and hold no space, got {self.path!r}")
        check_seconds("interval_seconds", self.interval_seconds, 0.1, 300)
        check_seconds("timeout_seconds", self.timeout_seconds, 0.1, 120)
        check_integer("healthy_threshold", self.healthy_threshold, 1, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A worker's own check: `command` must exit 0 within `timeout_seconds`, or it is killed.

    It runs beside the worker, or in its container, as the same user and in the same folder,
    `interval_seconds` after it last ended. `healthy_threshold` consecutive successes make the
    worker healthy.
    """

    command: tuple[Text, ...]
    interval_seconds: float = 5.0
    timeout_seconds: float = 5.0
    healthy_threshold: int = 1

    def __post_init__(self) -> None:
        check_command(self.command)
        check_seconds("interval_seconds", self.interval_seconds, 1, 300)
        check_seconds("timeout_seconds", self.timeout_seconds, 1, 300)
        check_integer("healthy_threshold", self.healthy_threshold, 1, 10)
