"""Signal a deployment's outcome to CloudFormation: one PUT on a wait handle's presigned URL.

The source is the CloudFormation user guide, "Create wait conditions in a CloudFormation template".
"""

from __future__ import annotations

import enum
import http.client
import json
import logging
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from porter.aws.backoff import pauses
from porter.aws.reason import reason_text
from porter.aws.redaction import Redactor
from porter.errors import PorterError

__all__ = ["Outcome", "Signal", "SignalError", "reason_text", "send"]

_log = logging.getLogger(__name__)

_LARGEST_BODY = 4096
_ATTEMPT_SECONDS = 10.0
_NOBODY_LISTENS = (403, 404, 410)


class SignalError(PorterError):
    """CloudFormation did not take the signal. The message never holds the handle's URL."""


class Outcome(enum.Enum):
    """The result of a signal."""

    ACCEPTED = "accepted"
    FINISHED = "finished"
    """The URL has expired or its stack is gone: the host is not at fault."""


@dataclass(frozen=True)
class Signal:
    """One host's verdict. CloudFormation counts each `unique_id` once and shows `reason`."""

    status: Literal["SUCCESS", "FAILURE"]
    unique_id: str
    reason: str
    data: str = ""

    def body(self, redactor: Redactor | None = None) -> bytes:
        """Return the JSON to send, its reason redacted. Raises `SignalError` above 4 KB."""
        fields = {
            "Status": self.status,
            "UniqueId": self.unique_id,
            "Reason": reason_text(self.reason, redactor),
            "Data": self.data,
        }
        body = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
        if len(body) > _LARGEST_BODY:
            raise SignalError(f"is {len(body)} bytes, more than {_LARGEST_BODY}", where="signal")
        return body


def send(url: str, signal: Signal, *, deadline_seconds: float = 60) -> Outcome:
    """Put `signal` on the handle at `url`, retrying for at most `deadline_seconds`.

    Every failure but `Outcome.FINISHED` is retried: even some of S3's 400s pass. Raises
    `SignalError` when the time is up. `url` is a bearer token, so no message or log contains it.
    """
    address = _address(url)
    body = signal.body(Redactor.of_handle(url))
    expires = time.monotonic() + deadline_seconds
    for pause in pauses():
        left = max(expires - time.monotonic(), 0.1)
        outcome = _try_once(address, body, timeout=min(left, _ATTEMPT_SECONDS))
        if isinstance(outcome, Outcome):
            _log.info("wait handle: %s %s", signal.status, outcome.value)
            return outcome
        if time.monotonic() + pause >= expires:
            break
        _log.warning("wait handle: %s; again in %.1f s", outcome, pause)
        time.sleep(pause)
    raise SignalError(
        f"did not take the signal within {deadline_seconds:g} s: {outcome}",
        where="wait handle",
        cure="does the network let this host reach S3?",
    )


def _address(url: str) -> SplitResult:
    try:
        address = urlsplit(url)
        sound = address.scheme in ("http", "https") and address.hostname and address.port != 0
    except ValueError:
        sound = False
    if not sound or not url.isascii():
        raise SignalError("is not the URL of a wait handle", where="handle_url") from None
    return address


def _try_once(address: SplitResult, body: bytes, *, timeout: float) -> Outcome | str:
    """Send one PUT; return its outcome, or the failure in words."""
    try:
        status = _put(address, body, timeout)
    except OSError as error:
        return error.strerror or str(error) or type(error).__name__
    except http.client.HTTPException as error:
        return type(error).__name__  # its text may contain the URL
    if status // 100 == 2:  # noqa: PLR2004 - 2xx
        return Outcome.ACCEPTED
    return Outcome.FINISHED if status in _NOBODY_LISTENS else f"answered {status}"


def _put(address: SplitResult, body: bytes, timeout: float) -> int:
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    with closing(kind(address.hostname or "", address.port, timeout=timeout)) as connection:
        # The signature covers the path as it came, and no Content-Type.
        target = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
        connection.putrequest("PUT", target, skip_accept_encoding=True)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        return connection.getresponse().status
