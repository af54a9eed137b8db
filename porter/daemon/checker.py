"""One health check: ask the service through HAProxy and name what is wrong."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Mapping

from porter.aws import exchange
from porter.aws.clock import now
from porter.aws.health_check import host_header
from porter.aws.redaction import Redactor
from porter.daemon.behind import trouble_behind_haproxy
from porter.daemon.gate import Observation
from porter.daemon.settings import Target
from porter.daemon.strangers import stranger

_LONGEST_QUOTE = 200
_HOST_REFUSED = (400, 403, 421)
"""Of Django, of Rails, and of RFC 9110 (15.5.20)."""


def check(
    target: Target, timeout: float, redact: Redactor, owners: Mapping[str, int | None] | None = None
) -> Observation:
    """Ask once. `timeout` seconds bound the whole exchange, from connecting to the last byte.

    An answer counts only if the ports belong to their `owners`, as `stranger` says.

    Finding out why HAProxy got no answer may take one more second. Quoted text is redacted before
    it is cut: half a secret would not be recognized.
    """
    started = time.monotonic()
    status, of_others = None, False
    try:
        response, body = exchange.get(
            target.port, target.health_check.path, timeout, host=_host(target), tls=target.tls
        )
        status = response.status
        if problem := stranger(target, owners or {}):
            of_others = True
        elif target.workload and _is_haproxys_own(response, body):
            problem = trouble_behind_haproxy(target, status)
        else:
            problem = _judge(target, response, body, redact)
    except (OSError, http.client.HTTPException) as error:
        problem = _name(error, target, timeout)
        # HAProxy waits for a service that hangs, and answers for one that gives no answer.
        of_others = not isinstance(error, (TimeoutError, http.client.IncompleteRead))
    return Observation(
        at=now(),
        ok=not problem,
        status=status,
        seconds=time.monotonic() - started,
        problem=problem,
        of_others=of_others,
    )


def _is_haproxys_own(response: http.client.HTTPResponse, body: bytes) -> bool:
    """Whether HAProxy made this page because the service gave no answer to pass on."""
    ours = response.status in (502, 503, 504)
    return ours and body.startswith(f"<html><body><h1>{response.status} ".encode())


def _host(target: Target) -> str:
    """The header Host: the load balancer's; porterd's own name where it asks itself."""
    return host_header(target.port) if target.workload else "localhost"


def _judge(
    target: Target, response: http.client.HTTPResponse, body: bytes, redact: Redactor
) -> str:
    """What is wrong with an answer; empty for a complete success."""
    status, codes = response.status, target.health_check.codes
    if target.health_check.accepts(status):
        cut_short = response.length and len(body) < exchange.LARGEST_BODY
        return f"answered {status}, but the body ended early" if cut_short else ""
    location = response.getheader("Location")
    if status // 100 == 3 and location:  # noqa: PLR2004 - 3xx
        place = redact(location)[:_LONGEST_QUOTE]
        return f"answered {status}, a redirect to {place}; only {codes} counts"
    said = _quote(response, body, redact)
    answered = f"answered {status}: {said}" if said else f"answered {status}; only {codes} counts"
    return f"{answered}{_about_host(target, status)}"


def _about_host(target: Target, status: int) -> str:
    """Name the header Host if `status` is what a service answers that refuses it."""
    if not target.workload or status not in _HOST_REFUSED:
        return ""
    if target.health_check.host:
        return f" (the header Host was {target.health_check.host})"
    sent = _host(target)
    return f" (the load balancer sends the header Host {sent}: allow it, or HealthCheck(host=...))"


def _quote(response: http.client.HTTPResponse, body: bytes, redact: Redactor) -> str:
    """The body, if its content type is text meant for people."""
    if response.headers.get_content_type() not in ("text/plain", "application/json"):
        return ""
    return " ".join(redact(body.decode("utf-8", "ignore"))[:_LONGEST_QUOTE].split())


def _name(error: Exception, target: Target, timeout: float) -> str:
    """Why HAProxy gave no answer."""
    match error:
        case TimeoutError():
            return f"hangs, no answer within {timeout:g} s"
        case ConnectionRefusedError():
            who = "HAProxy does not listen" if target.workload else "nothing listens"
            return f"connection refused: {who} on port {target.port}"
        case ssl.SSLError():
            return f"TLS failed: {error.reason or error}"
        case ConnectionError():
            return "closed the connection without an answer"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return f"the answer is not HTTP ({type(error).__name__})"
