"""How porterd, HAProxy and the load balancer decide that a service or a worker is healthy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from porter.spec.check import check_integer, check_one_line, check_seconds, refuse
from porter.spec.command import check_command
from porter.spec.deployment import Text

_HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
"""A name or an address, and perhaps a port (RFC 9110, 7.2)."""

MAX_START_SECONDS = 43_200
"""The longest time-out of a wait condition."""

MAX_UNHEALTHY_SECONDS = 86_400

_CODES = re.compile(r"[234][0-9]{2}(-[234][0-9]{2}|(,[234][0-9]{2})*)")
"""As in a target group: `200`, `200,202` or `200-299`, from 200 to 499 (API reference, Matcher)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """An HTTP health check: `GET path` must answer one of `codes`.

    The words are those of an Elastic Load Balancing target group.

    path: the path, and perhaps a query. It starts with a slash.
    interval_seconds: the pause between two checks, 0.1-300.
    timeout_seconds: the time after which a check has failed, 0.1-120.
    healthy_threshold: the number of consecutive successes that make the host healthy, 1-10.
    host: the header Host of requests for `path`, which HAProxy sets. Default: the load balancer's,
        which is the host's own address.
    codes: one status, a list (`200,202`) or a range (`200-299`), from 200 to 499.
    start_seconds: the time after a program's start in which it must succeed once, or it has failed.
    unhealthy_seconds: the time after which an unhealthy program is restarted, 1-86400.
    """

    path: str = field(default="/health", kw_only=False)
    interval_seconds: float = 1.0
    timeout_seconds: float = 3.0
    healthy_threshold: int = 3
    host: str = ""
    codes: str = "200"
    start_seconds: float = 180.0
    unhealthy_seconds: float = 30.0

    def __post_init__(self) -> None:
        check_one_line("path", self.path)
        if not self.path.startswith("/") or " " in self.path or not self.path.isascii():
            raise refuse("path", f"must start with / and hold no space, got {self.path!r}")
        check_seconds("interval_seconds", self.interval_seconds, 0.1, 300)
        check_seconds("timeout_seconds", self.timeout_seconds, 0.1, 120)
        check_integer("healthy_threshold", self.healthy_threshold, 1, 10)
        check_seconds("start_seconds", self.start_seconds, 1, MAX_START_SECONDS)
        check_seconds("unhealthy_seconds", self.unhealthy_seconds, 1, MAX_UNHEALTHY_SECONDS)
        if self.host != "" and not _matches(_HOST, self.host):
            raise refuse("host", f"must be a host's name such as example.com, got {self.host!r}")
        if not _matches(_CODES, self.codes) or not all(low <= high for low, high in self.ranges):
            what = f"must be like 200, 200,202 or 200-299, from 200 to 499, got {self.codes!r}"
            raise refuse("codes", what)

    @property
    def ranges(self) -> tuple[tuple[int, int], ...]:
        """The lowest and the highest status of each range of `codes`."""
        ends = (one.split("-") for one in self.codes.split(","))
        return tuple((int(pair[0]), int(pair[-1])) for pair in ends)

    def accepts(self, status: int) -> bool:
        """Whether an answer with `status` is a success."""
        return any(low <= status <= high for low, high in self.ranges)


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A worker's own check: `command` must exit 0 within `timeout_seconds`, or it is killed.

    It runs beside the worker, or in its container, as the same user and in the same folder,
    `interval_seconds` after it last ended. `healthy_threshold` consecutive successes make the
    worker healthy. It is restarted when it is unhealthy for `unhealthy_seconds`.
    """

    command: tuple[Text, ...]
    interval_seconds: float = 5.0
    timeout_seconds: float = 5.0
    healthy_threshold: int = 1
    unhealthy_seconds: float = 30.0

    def __post_init__(self) -> None:
        check_command(self.command)
        check_seconds("unhealthy_seconds", self.unhealthy_seconds, 1, MAX_UNHEALTHY_SECONDS)
        check_seconds("interval_seconds", self.interval_seconds, 1, 300)
        check_seconds("timeout_seconds", self.timeout_seconds, 1, 300)
        check_integer("healthy_threshold", self.healthy_threshold, 1, 10)
