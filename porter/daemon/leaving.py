"""`POST /v1/drain` and `/v1/undrain`: a workload takes its host out of its load balancers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from flask import Flask
from flask.typing import ResponseReturnValue

from porter.daemon.child import ask_in_a_child
from porter.daemon.credentials import program_asking
from porter.daemon.events import Events
from porter.daemon.happenings import Drain
from porter.daemon.refused import Refused

PATHS = ("/v1/drain", "/v1/undrain")

_TURN_SECONDS = 1.0
"""A request's wait for another one that asks AWS."""

_CHILD_SECONDS = 20.0


class LoadBalancers:
    """The target groups `arns` in `region`, as the host `instance_id` leaves and joins them."""

    def __init__(self, arns: tuple[str, ...], region: str, instance_id: Callable[[], str]) -> None:
        self._arns = arns
        self._region = region
        self._instance_id = instance_id
        self._lock = threading.Lock()

    def ask(self, verb: str) -> None:
        """`leave` or `join` all target groups. Raises `Refused`."""
        if not self._arns:
            raise Refused(409, "NoLoadBalancer", "no load balancer sends requests to this host")
        if not self._lock.acquire(timeout=_TURN_SECONDS):
            later = {"Retry-After": "1"}
            raise Refused(429, "Busy", "porterd is asking AWS for another request", later)
        try:
            instance = self._instance_id()
            arguments = (verb, self._region, instance, *self._arns)
            answer = ask_in_a_child("porter.aws.targets", *arguments, seconds=_CHILD_SECONDS)
        finally:
            self._lock.release()
        if problem := answer.get("problem"):
            raise Refused(502, "Refused", str(problem))


def serve_drain(
    app: Flask,
    balancers: LoadBalancers,
    events: Events,
    tokens: Mapping[str, str],
    leaving: Callable[[], bool],
) -> None:
    """Serve both paths of `app`; `tokens` holds each workload's token by name.

    A host that is `leaving` for good has been taken out, and stays so.
    """

    @app.post("/v1/drain")
    def drain() -> ResponseReturnValue:
        return _ask("leave", "out", "out of its load balancers: {} asked for it (POST /v1/drain)")

    @app.post("/v1/undrain")
    def undrain() -> ResponseReturnValue:
        return _ask("join", "in", "back in its load balancers: {} asked for it (POST /v1/undrain)")

    def _ask(verb: str, stage: str, why: str) -> ResponseReturnValue:
        program = program_asking(tokens)
        if leaving():
            raise Refused(409, "Leaving", "this host ends: it leaves its load balancers for good")
        balancers.ask(verb)
        events.append(Drain(stage=stage, why=why.format(program)))
        return {"drained": verb == "leave"}
