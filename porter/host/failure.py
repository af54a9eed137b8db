"""Tells CloudFormation that this host will not come up, and why."""

from __future__ import annotations

import logging

from porter.errors import PorterError
from porter.host.layout import PORTERD_UNIT
from porter.host.machine import Machine
from porter.host.secrets import held_values
from porter.host.signalling import handle_url, signal
from porter.host.unit_state import UnitState

log = logging.getLogger(__name__)


def tell_failure(machine: Machine, reason: str) -> str:
    """Put FAILURE with `reason` on the wait handle; returns what was told, secrets taken out.

    Where porterd serves it speaks for this host, which may have succeeded long ago: nothing is put.
    While systemd only tries to start it, nobody else is there to speak.
    Never raises: the reason is what matters.
    """
    try:
        from porter.aws import reason as reasons  # noqa: PLC0415 - only a failing host needs it
        from porter.aws.redaction import Redactor  # noqa: PLC0415 - as above

        redactor = Redactor.of_handle(handle_url(machine), *_held(machine))
        reason = reasons.reason_text(reason, redactor)
        if _porterd_serves(machine):
            log.info("porterd speaks for this host: CloudFormation is not told of the failure")
            return reason
        waited = signal(machine, "FAILURE", reason)
    except PorterError as error:
        log.error("CloudFormation was not told: %s", error)  # noqa: TRY400 - the user can mend it
    except Exception as error:  # noqa: BLE001 - a bug here must not hide the failure to tell
        log.error("CloudFormation was not told: a bug: %s", type(error).__name__)  # noqa: TRY400
    else:
        log.info("told CloudFormation of the failure%s", "" if waited else ", which waits no more")
    return reason


def _porterd_serves(machine: Machine) -> bool:
    """Where systemd does not say so, it is not taken for granted: somebody has to speak."""
    try:
        return machine.units(PORTERD_UNIT).get(PORTERD_UNIT, UnitState()).active == "active"
    except PorterError as error:
        log.warning("%s", error)
        return False


def without_secrets(machine: Machine, error: PorterError) -> PorterError:
    """`error` as it may be shown and logged: a failing service may have printed what it knows."""
    return PorterError(redacted(machine, error.what), where=error.where, cure=error.cure)


def redacted(machine: Machine, text: str) -> str:
    """`text` without the values of this host's secrets and its wait handle.

    Whoever cuts a text asks for this before: half a secret is no longer recognized.
    """
    from porter.aws.redaction import Redactor  # noqa: PLC0415 - as above

    try:
        url = handle_url(machine)
    except PorterError:
        url = ""
    return Redactor.of_handle(url, *_held(machine))(text)


def _held(machine: Machine) -> tuple[str, ...]:
    """The values of this host's secrets, as far as they can be read."""
    try:
        owners = held_values(machine)
    except PorterError as error:
        log.warning("%s", error)
        return ()
    return tuple(value for names in owners.values() for value in names.values())
