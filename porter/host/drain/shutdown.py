"""Leave the load balancers in a shutdown, before systemd stops what this host runs (ADR 0037).

`python -m porter.host.drain.shutdown` is the `ExecStop=` of `porterd-shutdown.service`.
"""

from __future__ import annotations

import logging
import random
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from porter.aws import targets
from porter.aws.metadata import TERMINATED, Metadata
from porter.errors import PorterError
from porter.host.core.goal import deployment_of
from porter.host.core.machine import Machine
from porter.host.core.own_program import log_to_journal, this_machine
from porter.host.drain.steps import note
from porter.spec import HAPROXY_UNIT, Deployment

ANSWER_SECONDS = 10.0
"""For AWS to answer everything: without a network, a shutdown takes so much longer."""

SETTLE_SECONDS = 45.0
"""For load balancers to finish; porter's own deregistration delay is 30 s. They learn of a
deregistration in 25 to 40 s (ADR 0041), and a longer delay is not waited for."""

HAPROXY_SECONDS = 30.0
"""For HAProxy to finish its requests, while programs still run."""

MARGIN_SECONDS = 15.0

STOP_SECONDS = round(ANSWER_SECONDS + SETTLE_SECONDS + HAPROXY_SECONDS + MARGIN_SECONDS)
"""Then systemd goes on with the shutdown. EC2 cuts a reboot off "within a few minutes"; an older
edition of its API reference ("RebootInstances") says four. Programs need some of them."""

_AGAIN_SECONDS = 1.0, 3.0
"""Between two looks at the targets: hosts that reboot together share one limit of requests."""

_LOOK_SECONDS = 0.2
_SYSTEMD_SECONDS = 5.0

_log = logging.getLogger("porter")


class Leaving(threading.Thread):
    """Takes this host out of its target groups, in a thread: nothing else ends a lookup of a name.

    `asked` is set once AWS has answered, or refused; `left` says whether it did what was asked.
    `over` is set once no target group sends requests any more.
    """

    def __init__(self, machine: Machine, deployment: Deployment) -> None:
        super().__init__(name="leaving", daemon=True)
        self._machine = machine
        self._deployment = deployment
        self.asked, self.over = threading.Event(), threading.Event()
        self.left = False

    def run(self) -> None:
        """Ask AWS."""
        try:
            metadata = Metadata()
            if metadata.target_lifecycle_state() == TERMINATED:
                _log.info("Auto Scaling terminates this host, and has deregistered it")
                return
            from porter.aws.clients import URGENT, Clients  # noqa: PLC0415 - as in `by_hand`

            instance = metadata.instance_id()
            client = Clients.of_host(self._deployment.region, URGENT)["elbv2"]
            states = _states(client, self._deployment.target_groups, instance)
            served = [arn for arn, state in states.items() if _serves(state)]
            if served:
                # First: a host that has left and does not know it would stay out.
                file = self._machine.layout.left_to_shut_down
                # The instance as well: an image of this host takes the file along.
                self._machine.write(file, "\n".join([instance, *served]).encode(), 0o600)
            ending = [arn for arn, state in states.items() if state.state == "draining"]
            ending += [arn for arn in served if _leave(client, arn, instance)]
            self.left = bool(ending)
            self.asked.set()
            while not _unused(_states(client, ending, instance), ending):
                time.sleep(random.uniform(*_AGAIN_SECONDS))  # noqa: S311 - jitter, not a secret
            self.over.set()
        except PorterError as error:
            _log.warning("cannot leave the load balancers: %s", error)
        finally:
            self.asked.set()


def main() -> None:
    """Leave the load balancers and end HAProxy, if systemd shuts down; else do nothing."""
    machine = this_machine()
    if not _shuts_down():
        return
    if machine.read(machine.layout.drain):
        _log.info("this host ends, and porterd-drain.service has drained it")
        return
    steps = Path(machine.layout.drain_steps)
    leaving = Leaving(machine, deployment_of(machine))
    leaving.start()
    if not leaving.asked.wait(ANSWER_SECONDS):
        _log.warning("AWS does not answer within %.0f s: shutting down in service", ANSWER_SECONDS)
        return
    if not leaving.left:
        return
    note(steps, "out", "out of its load balancers: this host shuts down")
    if leaving.over.wait(SETTLE_SECONDS):
        _log.info("no load balancer sends requests any more")
    else:
        _log.warning("load balancers may send requests after %.0f s: going on", SETTLE_SECONDS)
    _end_haproxy()


def _states(client: object, arns: Iterable[str], instance: str) -> dict[str, targets.TargetHealth]:
    """Return the state in each target group; one that AWS does not tell is logged, and left out."""
    found = {}
    for arn in arns:
        try:
            [found[arn]] = targets.health(client, [arn], instance)
        except (PorterError, ValueError) as error:
            _log.warning("AWS: %s", error)
    return found


def _leave(client: object, arn: str, instance: str) -> bool:
    """Ask one target group; return whether AWS did it."""
    try:
        targets.leave(client, [arn], instance)
    except PorterError as error:
        _log.warning("AWS: %s", error)
        return False
    return True


def _serves(state: targets.TargetHealth) -> bool:
    """Whether the target is registered: one that was taken out by hand is not put back later."""
    return state.state != "draining" and state.reason != targets.NOT_REGISTERED


def _unused(now: Mapping[str, targets.TargetHealth], arns: Iterable[str]) -> bool:
    return all(arn in now and now[arn].state == "unused" for arn in arns)


def _shuts_down() -> bool:
    """Whether systemd shuts down: a restart of the unit, for instance, has no consequence."""
    for _ in range(2):
        if said := _systemctl("is-system-running"):
            return said == "stopping"
    _log.warning("systemd does not say whether it shuts down: this host stays in service")
    return False


def _end_haproxy() -> None:
    """Let HAProxy finish its requests: systemd stops it and the programs at the same time.

    As its stop is due, systemd does not start it again.
    """
    _systemctl("kill", "--kill-who=main", "--signal=SIGUSR1", HAPROXY_UNIT)
    ends = time.monotonic() + HAPROXY_SECONDS
    while time.monotonic() < ends:
        if _systemctl("show", "--property=MainPID", "--value", HAPROXY_UNIT) == "0":
            return
        time.sleep(_LOOK_SECONDS)
    _log.warning("HAProxy still answers requests after %.0f s: going on", HAPROXY_SECONDS)


def _systemctl(*words: str) -> str:
    """Return what `systemctl` prints; empty without an answer."""
    with suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(
            ["systemctl", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SYSTEMD_SECONDS,
            check=False,
        )
        return done.stdout.decode().strip()
    return ""


if __name__ == "__main__":
    log_to_journal()
    main()
