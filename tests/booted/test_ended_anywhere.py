"""Whatever ends a rehearsal on booted machines, at whatever moment: nothing of it stays."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import TypeVar

import pytest

from tests.harness.ended import Ended
from tests.harness.sandbox import a_sandbox
from tests.harness.traces import Traces, rehearsals_in, traces, until

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.usefixtures("_fast_synthesis"),
    pytest.mark.timeout(600),  # the first test of each kind waits for all of its rehearsals
]

KILLED = 10
ASKED = 4
AT_ONCE = 2
GONE_SECONDS = 5.0
"""By when the processes of a killed rehearsal have ended by themselves."""

T = TypeVar("T")


@pytest.fixture(scope="module")
def duration() -> float:
    """Seconds that a whole rehearsal takes here, from its start to its exit."""
    with a_sandbox("--machine", "systemd") as stage:
        began = time.monotonic()
        ended = stage.rehearse(stage.app(), "--json")
        assert ended.code == 0, ended
        return time.monotonic() - began


def _instants(seed: int, count: int, duration: float) -> list[float]:
    """Random seconds of a rehearsal, one in each part of `duration`."""
    draw = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    return [(part + draw.random()) * duration / count for part in range(count)]


def _at_once(function: Callable[[float, signal.Signals], T], moments: list[float]) -> list[T]:
    kinds = cycle((signal.SIGINT, signal.SIGTERM))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(function, moments, kinds))


@pytest.fixture(scope="module")
def asked(seed: int, duration: float) -> list[tuple[str, int, Ended]]:
    """What was done, by which signal, and how it ended."""

    def ask(second: float, number: signal.Signals) -> tuple[str, int, Ended]:
        with a_sandbox("--machine", "systemd") as stage:
            ended = stage.end_at(stage.app(), second, number)
        return f"{number.name} after {second:.2f} s, PORTER_TEST_SEED={seed}", number, ended

    return _at_once(ask, _instants(seed, ASKED, duration))


@pytest.fixture(scope="module")
def killed(seed: int, duration: float) -> list[tuple[str, Traces, Traces]]:
    """What was done, what stayed until the next start, and what after it."""

    def kill(second: float, _: signal.Signals) -> tuple[str, Traces, Traces]:
        with a_sandbox("--machine", "systemd") as stage:
            app = stage.app()
            stage.end_at(app, second, signal.SIGKILL)
            rehearsals = rehearsals_in(stage.temporary)
            until(lambda: not traces(stage.temporary, rehearsals).processes, GONE_SECONDS)
            before = traces(stage.temporary, rehearsals)
            (app / "cdk.json").unlink()  # the next start ends soon
            process = stage.start(app)
            stage.end(process)
            told = f"SIGKILL after {second:.2f} s, PORTER_TEST_SEED={seed}, of {rehearsals}"
            return told, before, traces(stage.temporary, rehearsals)

    return _at_once(kill, _instants(seed + 1, KILLED, duration))


@pytest.mark.parametrize("number", range(ASKED))
def test_sigint_and_sigterm_at_a_random_instant_leave_nothing(
    asked: list[tuple[str, int, Ended]], number: int
) -> None:
    told, asked_by, ended = asked[number]
    complete = ended.code == 0 and "CREATE_COMPLETE" in ended.out
    assert ended.code == 128 + asked_by or complete, (told, ended)
    assert ended.left.nothing, (told, ended.left)


@pytest.mark.parametrize("number", range(KILLED))
def test_after_sigkill_at_a_random_instant_processes_end_and_the_next_start_removes_the_rest(
    killed: list[tuple[str, Traces, Traces]], number: int
) -> None:
    told, before, after = killed[number]
    assert before.processes == [], told
    assert after.nothing, (told, after)


def test_some_were_killed_while_machines_ran(killed: list[tuple[str, Traces, Traces]]) -> None:
    assert any(before.namespaces and before.groups for _, before, _ in killed)
