"""Ask systemd for the state of units, and the journal for their last lines, within two seconds."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_log = logging.getLogger(__name__)

NOT_RUNNING = -1
"""In place of a user's id: the unit has no process."""

_SECONDS = 2.0
_PAUSES = ("auto-restart", "auto-restart-queued")
_LINES = 60
"""Three crashes of a program whose trace has twenty lines."""

_PROPERTIES = (
    "Id,ActiveState,SubState,Result,ExecMainCode,ExecMainStatus,NRestarts,"
    "ExecMainStartTimestampMonotonic,UID"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitState:
    """A unit as `systemctl show` describes it.

    `code` is how the main process ended (`si_code` of waitid(2): 1 exited, 2 killed, 3 dumped core;
    0 while it runs), `status` its exit code or signal. `restarts` counts the automatic restarts
    since the unit was last started by hand; systemd counts when the pause (`auto-restart`) is over.
    `started_at` is when the main process last started, in monotonic seconds; 0 before. `user` is
    the id of the unit's user, which is 0 without `User=`; `NOT_RUNNING` while the unit is down, and
    None while it has no user yet.
    """

    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    code: int = 0
    status: int = 0
    restarts: int = 0
    started_at: float = 0.0
    user: int | None = None


def ask(units: Iterable[str]) -> dict[str, UnitState]:
    """Return the states of `units`; without those that systemd does not report in time."""
    shown = _run("systemctl", "show", f"--property={_PROPERTIES}", *units)
    states = {}
    for block in shown.split("\n\n"):
        facts = dict(line.partition("=")[::2] for line in block.splitlines())
        if state := _state(facts):
            states[facts["Id"]] = state
    return states


_found_units: dict[int, str] = {}


def unit_of(user: int) -> str:
    """Return a running service of the user with this id; empty for root, who has many.

    systemd takes some milliseconds for each unit, so a unit that was found is kept: the id of a
    dynamic user comes from its name.
    """
    if user and user not in _found_units:
        for unit, state in ask(["*.service"]).items():
            if state.user == user:
                _found_units[user] = unit
                break
    return _found_units.get(user, "")


def _state(facts: Mapping[str, str]) -> UnitState | None:
    try:
        return UnitState(
            active=facts["ActiveState"],
            sub=facts["SubState"],
            result=facts["Result"],
            code=int(facts["ExecMainCode"]),
            status=int(facts["ExecMainStatus"]),
            restarts=int(facts["NRestarts"]),
            started_at=int(facts["ExecMainStartTimestampMonotonic"]) / 1e6,
            user=_user(facts),
        )
    except (KeyError, ValueError):
        return None


def _user(facts: Mapping[str, str]) -> int | None:
    """Return the id of the unit's user; systemd shows `[not set]` for root and for a dead unit."""
    if facts["ActiveState"] in ("inactive", "failed") or facts["SubState"] in _PAUSES:
        return NOT_RUNNING
    shown = facts.get("UID", "")
    if shown.isdecimal():
        return int(shown)
    return 0 if shown and facts["ActiveState"] == "active" else None


def last_lines(unit: str) -> list[str]:
    """Return the last lines that processes of `unit` wrote; none if the journal does not answer.

    `--unit` would add systemd's own messages about the unit.
    """
    options = ("--no-pager", "--output=cat", f"--lines={_LINES}")
    return _run("journalctl", *options, f"_SYSTEMD_UNIT={unit}").splitlines()


def _run(*argv: str) -> str:
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.debug("%s: %s", argv[0], error)
        return ""
    return done.stdout.decode(errors="replace")
