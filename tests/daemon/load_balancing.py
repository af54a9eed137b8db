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
    """Answers RegisterTargets and DeregisterTargets; `denied` refuses both."""

    def __init__(self) -> None:
        super().__init__(LoadBalancingHandler)
        self.targets: set[str] = set()
        self.denied = False
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
        else:
            change = {"RegisterTargets": set.add, "DeregisterTargets": set.discard}[action]
            change(self.server.targets, target)
            body = f"<{action}Response><{action}Result/></{action}Response>"
            self.answer(HTTPStatus.OK, body.encode())
