"""The HAProxy on a host."""

from __future__ import annotations

from dataclasses import dataclass

from porter.spec.check import check_name, check_port

HTTP_PORT = 80
"""Where HAProxy listens, unless it is told to listen elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The HAProxy before the workload `workload`.

    The load balancer and porterd talk to its `port`.
    """

    workload: str
    port: int = HTTP_PORT

    def __post_init__(self) -> None:
        check_name("workload", self.workload)
        check_port("port", self.port)
