"""How exits of a unit are counted, when a unit is hopeless, and how that is described."""

from dataclasses import replace

import pytest

from porter.daemon.exits import Exits, counted
from porter.daemon.systemd import UnitState


def down(restarts: int, code: int = 1, status: int = 3, result: str = "exit-code") -> UnitState:
    """Return the state in the pause before the next start, after `restarts` earlier restarts."""
    return UnitState(
        active="activating",
        sub="auto-restart",
        result=result,
        code=code,
        status=status,
        restarts=restarts,
    )


def up(restarts: int = 0) -> UnitState:
    """Return the state of a running unit, whose last exit systemd has forgotten."""
    return UnitState(active="active", sub="running", restarts=restarts)


QUEUED = replace(down(1), sub="auto-restart-queued")
"""systemd 254 and later: the restart is counted, but the unit has not started yet."""

FAILED = UnitState(active="failed", sub="failed", result="exit-code", code=1, status=7)


def after(*course: UnitState) -> Exits:
    """Return the counted exits after these states."""
    exits = Exits(name="web")
    for state in course:
        exits = counted(exits, state)
    return exits


@pytest.mark.parametrize(
    ("course", "count"),
    [
        ([], 0),
        ([up(), up()], 0),
        ([up(), down(0)], 1),
        ([up(), down(0), up(1), down(1)], 2),
        ([up(), down(0), up(1), down(1), up(2), down(2)], 3),
        ([up(), up(3)], 3),
        ([up(), down(0), down(0), down(0)], 1),
        ([down(8), up(9)], 0),
        ([up(9), up(0), down(0)], 1),
        ([up(), down(0), QUEUED, up(1), down(1)], 2),
        ([QUEUED, down(1)], 1),
    ],
    ids=[
        "nobody knows",
        "stays up",
        "first start fails",
        "second fails too",
        "third one",
        "missed between two looks",
        "one long pause",
        "before porterd was up",
        "restarted by hand",
        "seen while its start is queued",
        "first seen while its start is queued",
    ],
)
def test_exits_are_counted_once_and_three_are_hopeless(course: list[UnitState], count: int) -> None:
    """The count does not depend on how often porterd looks, or on earlier states."""
    exits = after(*course)
    assert exits.count == count
    assert exits.hopeless == (count >= 3)


def test_a_unit_that_systemd_gave_up_is_hopeless_at_the_second_look() -> None:
    """A unit that restarts may be `failed` for a moment."""
    assert not after(FAILED).hopeless
    assert not after(up(), FAILED, up(1)).hopeless
    assert not after(up(), FAILED, up(1), FAILED).hopeless
    exits = after(up(), FAILED, FAILED)
    assert exits.hopeless
    assert str(exits) == "web exited with code 7 (once), and systemd has given it up"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (down(0), "web exited with code 3 (once)"),
        (down(1), "web exited with code 3 (2 times)"),
        (down(0, status=0), "web exited with code 0 (once)"),
        (down(0, 2, 9, "signal"), "web was killed by SIGKILL (out of memory?) (once)"),
        (down(0, 2, 9, "oom-kill"), "web was killed by SIGKILL (out of memory) (once)"),
        (down(0, 3, 11, "core-dump"), "web was killed by SIGSEGV, which dumped core (once)"),
        (down(0, 2, 40, "signal"), "web was killed by signal 40 (once)"),
        (down(0, 0, 0, "resources"), "web could not be started (resources) (once)"),
        (up(1), "web ended (once)"),
    ],
)
def test_the_ending_is_named(state: UnitState, sentence: str) -> None:
    """The description names the exit code or signal, and how often it occurred."""
    assert str(after(up(), state)) == sentence


def test_how_it_ended_is_remembered_while_it_runs_again() -> None:
    """Unlike systemd, porterd remembers the exit while the unit runs again."""
    assert str(after(up(), down(0), up(1))) == "web exited with code 3 (once)"
