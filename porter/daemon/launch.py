"""When EC2 launched this host: CloudFormation's time-out runs since about then."""

from __future__ import annotations

import logging
from datetime import datetime

from porter.aws.metadata import Metadata, MetadataError
from porter.daemon.clock import now

_log = logging.getLogger(__name__)


def launched_at(metadata: Metadata, timeout_seconds: float) -> float:
    """Return the launch in epoch seconds, from the identity document's `pendingTime`.

    A slow boot thus shortens the gate's time, not the signal's margin. The result is never in the
    future and at most half of `timeout_seconds` ago: a service must get its chance even if the
    host's clock is an hour off. It is now if the metadata service does not answer.
    """
    present = now()
    try:
        pending = datetime.fromisoformat(str(metadata.identity()["pendingTime"]))
    except (KeyError, ValueError, MetadataError) as error:
        _log.warning("cannot read the time of launch (%r): the gate opens now", error)
        return present
    return min(present, max(pending.timestamp(), present - timeout_seconds / 2))
