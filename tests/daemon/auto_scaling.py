"""Auto Scaling and Elastic Load Balancing on loopback: a launching hook, and health by hosts."""

from __future__ import annotations

import http.client
import threading
import time
from http import HTTPStatus
from urllib.parse import parse_qs

from tests.daemon.loopback import Handler, Server

_REFUSAL = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message>"
    "</Error></ErrorResponse>"
)
_HEALTH = (
    "<DescribeTargetHealthResponse><DescribeTargetHealthResult><TargetHealthDescriptions><member>"
    "<Target><Id>{target}</Id><Port>8080</Port></Target><TargetHealth><State>{state}</State>{why}"
    "</TargetHealth></member></TargetHealthDescriptions></DescribeTargetHealthResult>"
    "</DescribeTargetHealthResponse>"
)
UNREGISTERED = ("unused", "Target.NotRegistered", "Target is not registered to the target group")
INITIAL = ("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")
HEALTHY = ("healthy", "", "")
UNHEALTHY = ("unhealthy", "Target.Timeout", "Request timed out")


class Aws(Server):
    """Answers CompleteLifecycleAction, DescribeTargetHealth and SetInstanceHealth as AWS documents.

    The hook `waits` until it is completed once; the target is then registered, and its health is
    `health`. `refusals` are error codes of the next answers. `requested` has the results of all
    requests, `results` those that completed the hook. `health_calls` has the instance, the health,
    and whether the grace period counts, of each SetInstanceHealth.
    """

    def __init__(self) -> None:
        super().__init__(AwsHandler)
        self.waits = True
        self.registered = False
        self.health: tuple[str, str, str] = HEALTHY
        self.healthy_at = 0.0
        self.refusals: list[str] = []
        self.results: list[str] = []
        self.requested: list[str] = []
        self.health_calls: list[tuple[str, str, str]] = []
        self.asked: list[tuple[float, str]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        """The value of AWS_ENDPOINT_URL."""
        return f"http://127.0.0.1:{self.port}"

    def polls(self) -> list[float]:
        """Return when the health of the target was asked for."""
        return [at for at, action in self.asked if action == "DescribeTargetHealth"]

    def becomes(self, health: tuple[str, str, str]) -> float:
        """Let the target have this health from now on; return the time."""
        self.health, self.healthy_at = health, time.time()
        return self.healthy_at


class AwsHandler(Handler):
    """The handler of an `Aws`."""

    server: Aws

    def do_POST(self) -> None:  # noqa: N802 - the base class names it
        """Answer one action of the query protocol."""
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = sent["Action"][0]
        with self.server.lock:
            self.server.asked.append((time.time(), action))
            status, body = self._answer(action, sent)
        self.answer(status, body.encode())

    def _answer(self, action: str, sent: dict[str, list[str]]) -> tuple[int, str]:
        if self.server.refusals:
            code = self.server.refusals.pop(0)
            return http.client.BAD_REQUEST, _REFUSAL.format(code=code, message="Rate exceeded")
        if action == "DescribeTargetHealth":
            state, *why = self.server.health if self.server.registered else UNREGISTERED
            tags = zip(("Reason", "Description"), why, strict=True)
            told = "".join(f"<{tag}>{text}</{tag}>" for tag, text in tags if text)
            target = sent["Targets.member.1.Id"][0]
            return HTTPStatus.OK, _HEALTH.format(target=target, state=state, why=told)
        if action == "SetInstanceHealth":
            names = ("InstanceId", "HealthStatus", "ShouldRespectGracePeriod")
            instance, health, respects = (sent[name][0] for name in names)
            self.server.health_calls.append((instance, health, respects))
            return HTTPStatus.OK, f"<{action}Response/>"
        assert action == "CompleteLifecycleAction"
        names = ("AutoScalingGroupName", "LifecycleHookName", "InstanceId")
        assert [sent[name][0] for name in names[:2]] == ["Hello-Group", "porter-launch"]
        result = sent["LifecycleActionResult"][0]
        self.server.requested.append(result)
        if not self.server.waits:
            message = f"No active Lifecycle Action found with instance ID {sent[names[2]][0]}"
            refusal = _REFUSAL.format(code="ValidationError", message=message)
            return http.client.BAD_REQUEST, refusal
        self.server.waits = False
        self.server.results.append(result)
        self.server.registered = result == "CONTINUE"
        return HTTPStatus.OK, f"<{action}Response><{action}Result/></{action}Response>"
