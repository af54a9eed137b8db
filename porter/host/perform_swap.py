"""Executes the steps of a hot apply: every wait has a deadline, and says what it waited for."""

from __future__ import annotations

import time

from porter.errors import PorterError
from porter.host.account import account, last_words
from porter.host.haproxy_api import MISSING, servers, show_servers
from porter.host.machine import Machine
from porter.host.swap_steps import AwaitDrained, AwaitHealthy, ConfirmServer, SwapStep, TellHaproxy

TOLERATED_RESTARTS = 2
"""As many ends as porterd tolerates: a first start may fail, and the next one work."""

DELETE_SECONDS = 10.0
"""How long HAProxy may take to part with a server's last connections."""

_PAUSE = 0.1
_LOOK_SECONDS = 1.0
_DONE = {"add": "New server registered.", "del": "Server deleted."}
"""What HAProxy answers to a command that worked; to any other, nothing."""


def perform_swap(step: SwapStep, machine: Machine) -> None:
    """Do `step`. Raises `PorterError` saying what was waited for in vain, or refused."""
    match step:
        case AwaitHealthy():
            _await_healthy(step, machine)
        case TellHaproxy():
            _tell(step, machine)
        case AwaitDrained(backend, server, seconds):
            _await_drained(machine, backend, server, seconds)
        case ConfirmServer(backend, server):
            found = servers(machine.haproxy(show_servers(backend))).get(server)
            if found is None or not found.ready:
                status = found.status if found else "gone"
                raise PorterError(f"is {status}, HAProxy was restarted", where=server)


def _await_healthy(step: AwaitHealthy, machine: Machine) -> None:
    deadline = time.monotonic() + step.seconds
    good, restarts, look_at = 0, 0, 0.0
    while True:
        problem = machine.problem(step.port, step.check)
        good = 0 if problem else good + 1
        enough = good >= step.check.healthy_threshold
        if enough or time.monotonic() >= look_at:
            ended = _restarts(step, machine)
            look_at = time.monotonic() + _LOOK_SECONDS
            good, restarts = (good if ended == restarts else 0), ended
        if good >= step.check.healthy_threshold:
            return
        if time.monotonic() >= deadline:
            problem = problem or "it answers, but not for long"
            raise PorterError(
                f"is not healthy after {step.seconds:g} s: {problem}",
                where=step.unit,
                cure="let it listen on $PORT",
            )
        time.sleep(step.check.interval_seconds if good else _PAUSE)


def _restarts(step: AwaitHealthy, machine: Machine) -> int:
    """How often the process was restarted. Raises `PorterError` if it will not stay up."""
    state = machine.units(step.unit)[step.unit]
    ends = int(state.restarts or 0)
    if not state.runs or ends > TOLERATED_RESTARTS:
        said = last_words(account(machine, step.unit))
        raise PorterError(
            f"does not stay up on port {step.port}: {said}",
            where=step.unit,
            cure="let it listen on $PORT",
        )
    return ends


def _await_drained(machine: Machine, backend: str, server: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = servers(machine.haproxy(show_servers(backend))).get(server)
        if found is None or not found.busy:
            return
        time.sleep(_PAUSE)


def _tell(step: TellHaproxy, machine: Machine) -> None:
    deadline = time.monotonic() + DELETE_SECONDS
    done = _DONE.get(step.command.split()[0], "")
    while True:
        answer = machine.haproxy(step.command)
        if answer == done or (step.may_be_gone and answer.startswith(MISSING)):
            return
        if "connections" not in answer or time.monotonic() >= deadline:
            raise PorterError(f"HAProxy refuses `{step.command}`: {answer}")
        time.sleep(_PAUSE)
