"""Tells CloudFormation what became of this host, in an operator's words or in apply's."""

from __future__ import annotations

import json
import logging
import platform
from typing import Literal

from porter.errors import PorterError
from porter.host.machine import Machine

log = logging.getLogger(__name__)

Status = Literal["SUCCESS", "FAILURE"]


def signal(machine: Machine, status: Status, reason: str) -> bool:
    """Put `status` on the wait handle; whether anybody still waited for it.

    CloudFormation takes one signal from each host, so porterd's own counts for nothing afterwards.
    Raises `PorterError` where it cannot be told.
    """
    # Only a host that signals needs it.
    from porter.aws import wait_handle  # noqa: PLC0415

    url = handle_url(machine)
    one = wait_handle.Signal(status=status, unique_id=_unique_id(), reason=reason)
    outcome = wait_handle.send(url, one)
    return outcome is wait_handle.Outcome.ACCEPTED


def handle_url(machine: Machine) -> str:
    """The wait handle's URL. Raises `PorterError` where there is none.

    From the file as it stands: a deployment that this porter cannot decode is a failure to tell.
    """
    path = machine.layout.deployment
    found = machine.read(path)
    try:
        return str(json.loads(found.content if found else b"")["handle_url"])
    except (ValueError, KeyError, TypeError):
        raise PorterError("holds no wait handle", where=str(path)) from None


def _unique_id() -> str:
    """The instance id, as porterd's; without one any name will do, since one FAILURE is enough."""
    from porter.aws.metadata import Metadata  # noqa: PLC0415 - as above

    try:
        return Metadata().instance_id()
    except PorterError as error:
        log.warning("no instance id: %s", error)
        return platform.node() or "unknown-host"
