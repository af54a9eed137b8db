"""Retry calls of AWS for a limited time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from porter.aws.backoff import pauses
from porter.errors import PorterError

T = TypeVar("T")

_log = logging.getLogger(__name__)


class PassingError(PorterError):
    """AWS answered that the call failed, but may succeed later."""


PATIENCE_SECONDS = 45.0
"""Seconds after which no further attempt begins; the last one may take its client's time-out."""


def patiently(attempt: Callable[[], T], what: str) -> T:
    """Return the result of `attempt`. Raises `PorterError` with `what` and AWS's last error.

    Refusals are tried again, too: a new role's permissions take a while.
    """
    from porter.aws.clients import ERRORS  # noqa: PLC0415 - boto3 only where a job is due

    ends = time.monotonic() + PATIENCE_SECONDS
    for pause in pauses(first=0.5):
        try:
            return attempt()
        except (*ERRORS, PassingError) as error:
            if time.monotonic() + pause >= ends:
                raise PorterError(f"AWS: {error}", where=what) from error
            _log.warning("%s: AWS: %s; again in %.1f s", what, error, pause)
            time.sleep(pause)
    raise AssertionError("the pauses never end")
