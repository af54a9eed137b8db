"""Signal CloudFormation's wait handle: for an operator, or for an apply that failed."""

from __future__ import annotations

import logging
import platform
import time
from typing import Literal

from porter.errors import PorterError
from porter.host.core.layout import PORTERD_UNIT
from porter.host.core.machine import Machine
from porter.host.core.redaction import handle_url, known_values
from porter.host.core.unit_state import UnitState
from porter.spec import HostSpec, gate_seconds

log = logging.getLogger(__name__)

Status = Literal["SUCCESS", "FAILURE"]

LOOK_SECONDS = 5.0
"""Pause between two looks at porterd, which somebody may have started by hand."""


def signal(machine: Machine, status: Status, reason: str) -> bool:
    """Send `status` to the wait handle; return whether CloudFormation still waited for it.

    CloudFormation counts one signal from each host, so it ignores a later one of porterd's.
    Raises `PorterError` if the signal cannot be sent.
    """
    from porter.aws import wait_handle  # noqa: PLC0415 - only a host that signals needs it

    url = handle_url(machine)
    one = wait_handle.Signal(status=status, unique_id=_unique_id(), reason=reason)
    outcome = wait_handle.send(url, one)
    return outcome is wait_handle.Outcome.ACCEPTED


def signal_failure(machine: Machine, reason: str, held: HostSpec | None = None) -> str:
    """Send FAILURE with `reason` to the wait handle; return the reason, secrets taken out.

    If porterd serves, nothing is sent: porterd reports for this host, which may have succeeded long
    ago. If the host shuts down, nothing is sent either: the bootstrap runs again at the next boot.
    While systemd still tries to start porterd, the failure is sent. Never raises: an error
    here must not hide the reason.

    CloudFormation ends a release at the first FAILURE. So with the specification `held` and spare
    hosts, this waits until porterd, too, would give up: enough others may succeed until then.
    """
    try:
        from porter.aws import reason as reasons  # noqa: PLC0415 - only a failing host needs it
        from porter.aws.redaction import Redactor  # noqa: PLC0415 - as above

        redactor = Redactor.of_handle(handle_url(machine), *known_values(machine))
        reason = reasons.reason_text(reason, redactor)
        if _porterd_serves(machine):
            log.info("porterd reports for this host: no failure is signalled to CloudFormation")
            return reason
        if _stops(machine):
            log.info("this host shuts down: no failure is signalled, the next boot goes on")
            return reason
        if held and held.spare_hosts and not _outlasts(machine, held, reason):
            return reason
        waited = signal(machine, "FAILURE", reason)
    except PorterError as error:
        log.error("cannot signal CloudFormation: %s", error)  # noqa: TRY400 - the user can mend it
    except Exception as error:  # noqa: BLE001 - a bug here must not hide the reason
        log.error("cannot signal CloudFormation, a bug: %s", type(error).__name__)  # noqa: TRY400
    else:
        log.info(
            "signalled FAILURE to CloudFormation%s", "" if waited else ", which no longer waits"
        )
    return reason


def _outlasts(machine: Machine, spec: HostSpec, reason: str) -> bool:
    """Wait for the time at which a host gives up; return whether it still has failed then."""
    from porter.aws.clock import now  # noqa: PLC0415 - only a failing host needs it
    from porter.aws.launch import launched_at  # noqa: PLC0415 - as above
    from porter.aws.metadata import Metadata  # noqa: PLC0415 - as above

    began = launched_at(Metadata(), spec.timeout_seconds)
    until = began + gate_seconds(spec.timeout_seconds)
    log.warning("reported in %.0f s, since the release has spare hosts: %s", until - now(), reason)
    while (left := until - now()) > 0:
        time.sleep(min(left, LOOK_SECONDS))
        if _porterd_serves(machine) or _stops(machine):
            return False
    return True


def _porterd_serves(machine: Machine) -> bool:
    """Whether systemd says that porterd is active; False if systemd does not answer."""
    try:
        return machine.units(PORTERD_UNIT).get(PORTERD_UNIT, UnitState()).active == "active"
    except PorterError as error:
        log.warning("%s", error)
        return False


def _stops(machine: Machine) -> bool:
    """Whether systemd shuts down, which ends the commands of an apply."""
    systemctl = machine.program("systemctl")
    try:
        said = machine.run((str(systemctl), "is-system-running")).output if systemctl else ""
    except PorterError:
        return False
    return said.strip() == "stopping"


def _unique_id() -> str:
    """The instance id, as porterd uses it, or the host name: any id will do for one FAILURE."""
    from porter.aws.metadata import Metadata  # noqa: PLC0415 - as above

    try:
        return Metadata().instance_id()
    except PorterError as error:
        log.warning("no instance id: %s", error)
        return platform.node() or "unknown-host"
