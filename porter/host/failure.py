"""Tells CloudFormation that this host will not come up, and why."""

from __future__ import annotations

import json
import logging
import platform

from porter.errors import PorterError
from porter.host.machine import Machine

log = logging.getLogger(__name__)


def tell_failure(machine: Machine, reason: str) -> str:
    """Put FAILURE with `reason` on the wait handle; returns what was told, secrets taken out.

    Never raises: the reason is what matters. The handle is read from the file as it
    stands: a deployment that this porter cannot decode is one of the failures to tell.
    """
    try:
        from porter.aws import redaction, wait_handle  # noqa: PLC0415 - only a failing host needs it

        url = _handle_url(machine)
        reason = wait_handle.reason_text(reason, redaction.Redactor.of_handle(url))
        signal = wait_handle.Signal(status="FAILURE", unique_id=_unique_id(), reason=reason)
        outcome = wait_handle.send(url, signal)
    except PorterError as error:
        log.error("CloudFormation was not told: %s", error)  # noqa: TRY400 - the user can mend it
    except Exception as error:  # noqa: BLE001 - a bug here must not hide the failure to tell
        log.error("CloudFormation was not told: a bug: %s", type(error).__name__)  # noqa: TRY400
    else:
        log.info("told CloudFormation of the failure: %s", outcome.name.lower())
    return reason


def _handle_url(machine: Machine) -> str:
    path = machine.layout.deployment
    found = machine.read(path)
    try:
        return str(json.loads(found.content if found else b"")["handle_url"])
    except (ValueError, KeyError, TypeError):
        raise PorterError("holds no wait handle", where=str(path)) from None


def _unique_id() -> str:
    """The instance id, as porterd's; without one any name will do, since one FAILURE is enough."""
    from porter.aws.metadata import Metadata  # noqa: PLC0415 - only a failing host needs it

    try:
        return Metadata().instance_id()
    except PorterError as error:
        log.warning("no instance id: %s", error)
        return platform.node() or "unknown-host"
