"""Ask AWS again while it may pass, but not for ever."""

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
    """AWS has answered, and could not do it just now."""


PATIENCE_SECONDS = 45.0
"""After so long no further attempt begins; the last one may take as long as its client lets it."""


def patiently(attempt: Callable[[], T], what: str) -> T:
    """What `attempt` returns. Raises `PorterError` naming `what` and the last of AWS's errors.

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
