"""When this host was launched: the wait condition's time has run since about then."""

from __future__ import annotations

import logging
from datetime import datetime

from porter.aws.metadata import Metadata, MetadataError
from porter.daemon.clock import now

_log = logging.getLogger(__name__)


def launched_at(metadata: Metadata, timeout_seconds: float) -> float:
    """Epoch seconds of the launch, from the identity document's `pendingTime`.

    A slow boot takes its seconds from the gate and not from the signal's margin. Never in the
    future, and never more than half of `timeout_seconds` ago: with a clock that is an hour off, a
    service must still get its chance. Now, where the metadata service does not tell.
    """
    present = now()
    try:
        pending = datetime.fromisoformat(str(metadata.identity()["pendingTime"]))
    except (KeyError, ValueError, MetadataError) as error:
        _log.warning("the time of launch is unknown (%r): the gate opens now", error)
        return present
    return min(present, max(pending.timestamp(), present - timeout_seconds / 2))
