"""Elastic Load Balancing on loopback: it answers as AWS does, and keeps which targets are in."""

from __future__ import annotations

import http.client
from http import HTTPStatus
from urllib.parse import parse_qs

from tests.daemon.loopback import Handler, Server

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/Hello/0123456789abcdef"
GONE = f"{ARN}gone"
"""A target group that does not exist any more."""

_REFUSAL = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
    "</Error></ErrorResponse>"
)


class LoadBalancing(Server):
    """Answers RegisterTargets, DeregisterTargets, DescribeTargetHealth; `denied` refuses all.

    A target that was deregistered is `draining` for the next `drains` questions.
    """

    def __init__(self) -> None:
        super().__init__(LoadBalancingHandler)
        self.targets: set[str] = set()
        self.denied = False
        self.drains = 0
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """The value of AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self.port}"


class LoadBalancingHandler(Handler):
    """The handler of a `LoadBalancing`."""

    server: LoadBalancing

    def do_POST(self) -> None:  # noqa: N802 - the base class names it
        """Answer one action of the query protocol."""
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action, target = sent["Action"][0], sent["Targets.member.1.Id"][0]
        self.server.asked.append(action)
        if self.server.denied:
            refusal = _REFUSAL.format(code="AccessDenied", message="is not authorized")
            self.answer(http.client.FORBIDDEN, refusal.encode())
        elif sent["TargetGroupArn"][0] == GONE:
            refusal = _REFUSAL.format(code="TargetGroupNotFound", message="not found")
            self.answer(http.client.BAD_REQUEST, refusal.encode())
        elif action == "DescribeTargetHealth":
            self.answer(HTTPStatus.OK, self._health(target).encode())
        else:
            change = {"RegisterTargets": set.add, "DeregisterTargets": set.discard}[action]
            change(self.server.targets, target)
            body = f"<{action}Response><{action}Result/></{action}Response>"
            self.answer(HTTPStatus.OK, body.encode())

    def _health(self, target: str) -> str:
        """Return the answer (Elastic Load Balancing API Reference, "TargetHealth")."""
        health = "<State>healthy</State>"
        if target not in self.server.targets:
            health = "<State>unused</State><Reason>Target.NotRegistered</Reason>"
            if self.server.drains > 0:
                self.server.drains -= 1
                health = "<State>draining</State><Reason>Target.DeregistrationInProgress</Reason>"
        member = f"<Target><Id>{target}</Id></Target><TargetHealth>{health}</TargetHealth>"
        found = f"<TargetHealthDescriptions><member>{member}</member></TargetHealthDescriptions>"
        return (
            f"<DescribeTargetHealthResponse><DescribeTargetHealthResult>{found}"
            "</DescribeTargetHealthResult></DescribeTargetHealthResponse>"
        )
