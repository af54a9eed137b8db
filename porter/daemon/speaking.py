"""`POST /v1/fail` and `/v1/ready`: a workload decides about its own deployment, by its token."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue

from porter.daemon.credentials import program_asking
from porter.daemon.refused import Refused
from porter.daemon.verdict import Undecided, Verdict

_log = logging.getLogger(__name__)

_LONGEST_REASON = 1000
"""In characters: CloudFormation takes 1 KB of a reason."""


def serve_verdict(
    app: Flask, verdict: Verdict, tokens: Mapping[str, str], leaving: Callable[[], bool]
) -> None:
    """Serve both paths of `app`; `tokens` holds each workload's token by name.

    A host that is `leaving` signals nothing, so nobody fails a deployment on it.
    """

    @app.post("/v1/fail")
    def fail() -> ResponseReturnValue:
        program = program_asking(tokens)
        reason = _reason(_body({"reason"}))
        if not reason:
            raise _invalid("reason: must not be empty")
        if leaving():
            message = "Auto Scaling terminates this host, which signals nothing any more"
            raise Refused(409, "Leaving", message)
        try:
            taken = verdict.fail(program, reason)
        except Undecided:
            raise Refused(
                503, "Starting", "porterd has just started: ask again", {"Retry-After": "1"}
            ) from None
        if not taken:
            raise Refused(409, "Decided", "the deployment has its verdict: GET /v1/service")
        _log.warning("%s fails the deployment", program)
        return {"accepted": True}, 202

    @app.post("/v1/ready")
    def ready() -> ResponseReturnValue:
        program = program_asking(tokens)
        body = _body({"ready", "reason"})
        is_ready = body.get("ready")
        if not isinstance(is_ready, bool):
            raise _invalid("ready: must be true or false")
        reason = _reason(body)
        if is_ready:
            verdict.release(program)
        else:
            verdict.hold(program, f": {reason}" if reason else "")
        return {"ready": is_ready}


def _body(known: set[str]) -> dict[str, Any]:
    """Return the body, a JSON object with `known` fields. Raises `Refused`."""
    try:
        body = request.get_json(force=True, silent=True)
    except RecursionError:  # 60,000 brackets
        body = None
    if not isinstance(body, dict):
        raise _invalid("the body must be a JSON object")
    if unknown := sorted(body.keys() - known):
        raise _invalid(f"{unknown[0][:50]!r} is not a field; fields are {', '.join(sorted(known))}")
    return body


def _reason(body: Mapping[str, Any]) -> str:
    reason = body.get("reason", "")
    if not isinstance(reason, str) or len(reason) > _LONGEST_REASON:
        raise _invalid(f"reason: must be a text of at most {_LONGEST_REASON} characters")
    # Half of a surrogate pair, which JSON can hold, has no UTF-8.
    return " ".join(reason.encode(errors="replace").decode().split())


def _invalid(message: str) -> Refused:
    return Refused(400, "InvalidBody", message)
