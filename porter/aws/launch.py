"""When EC2 launched this host: CloudFormation's time-out runs since about then."""

from __future__ import annotations

import logging
from datetime import datetime

from porter.aws.clock import now
from porter.aws.metadata import Metadata, MetadataError

_log = logging.getLogger(__name__)


def launched_at(metadata: Metadata, timeout_seconds: float) -> float:
    """Return the launch in epoch seconds, from the identity document's `pendingTime`.

    A slow boot thus shortens the gate's time, not the signal's margin. The result is `plausible`,
    and now if the metadata service does not answer.
    """
    try:
        pending = datetime.fromisoformat(str(metadata.identity()["pendingTime"]))
    except (KeyError, ValueError, MetadataError) as error:
        _log.warning("cannot read the time of launch (%r): the gate opens now", error)
        return now()
    return plausible(pending.timestamp(), timeout_seconds)


def plausible(start: float, timeout_seconds: float) -> float:
    """Return `start`, or the nearest time that is not in the future nor half the time-out ago.

    A service must get its chance even if the host's clock is, or was, an hour off.
    """
    present = now()
    return min(present, max(start, present - timeout_seconds / 2))
