"""Rehearsals on booted machines, repeated: complete, interrupted and killed; nothing is left.

The complete ones show how long a rehearsal takes. The others deploy a ready assembly, and end at
random moments of that time.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from statistics import median
from typing import TypeVar

import pytest

from tests.harness.conditions import boots
from tests.harness.effort import repeats
from tests.harness.ended import Ended
from tests.harness.sandbox import Sandbox, a_sandbox
from tests.harness.staying import Staying
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import Traces, rehearsals_in, traces, until

pytestmark = [
    pytest.mark.machines,
    boots,
    pytest.mark.timeout(900),  # the first test of each kind waits for all of its rehearsals
]

WHOLE = repeats(ci=3, all=10)
INTERRUPTED = repeats(ci=2, all=4)
KILLED = repeats(ci=3, all=10)
AT_ONCE = 2

MOST = 25.0
"""The maximum for a rehearsal of hello on an idle machine that has the image, in seconds."""
MOST_OF_BOOT = 3.0
"""The maximum of porter's own seconds during a boot."""
GONE_SECONDS = 5.0
"""A limit for the processes of a killed rehearsal to exit, in seconds."""

T = TypeVar("T")


@pytest.fixture(scope="module")
def whole(sandbox: Sandbox) -> list[Ended]:
    """Complete rehearsals, one after another."""
    app = sandbox.app()
    return [sandbox.rehearse(app, "--json") for _ in range(WHOLE)]


@pytest.fixture(scope="module")
def duration(whole: list[Ended]) -> float:
    """The duration of a rehearsal of a ready assembly here, in seconds."""
    return median(ended.seconds - ended.report["seconds"]["synth"] for ended in whole)


@pytest.fixture(scope="module")
def interrupted(seed: int, duration: float) -> list[tuple[str, int, Ended]]:
    """For each rehearsal: its progress, the signal, and how it ended."""

    def interrupt(second: float, number: signal.Signals) -> tuple[str, int, Ended]:
        with a_sandbox("--machine", "systemd") as sandbox:
            ended = sandbox.end_at(synthesize_once(sandbox.app()), second, number)
        return f"{number.name} after {second:.2f} s, PORTER_TEST_SEED={seed}", number, ended

    return _at_once(interrupt, _instants(seed, INTERRUPTED, duration))


@pytest.fixture(scope="module")
def killed(seed: int, duration: float) -> list[tuple[str, Traces, Traces]]:
    """For each rehearsal: its progress, what it left until the next start, and what after that.

    The last one is killed while its machine runs, however long that takes.
    """
    *instants, last = _instants(seed + 1, KILLED, duration)

    def kill(second: float, _: signal.Signals) -> tuple[str, Traces, Traces]:
        with a_sandbox("--machine", "systemd") as sandbox:
            app, temporary = synthesize_once(sandbox.app()), sandbox.temporary
            if second == last:
                process = sandbox.start(app)
                until(lambda: bool(Staying(temporary, "").hosts()), 300)
                time.sleep(second % 4)
                sandbox.end(process, process.kill)
            else:
                sandbox.end_at(app, second, signal.SIGKILL)
            rehearsals = rehearsals_in(temporary)
            until(lambda: not traces(temporary, rehearsals).processes, GONE_SECONDS)
            before = traces(temporary, rehearsals)
            (app / "cdk.json").unlink()  # the next start ends soon
            sandbox.end(sandbox.start(app))
            told = f"SIGKILL after {second:.2f} s, PORTER_TEST_SEED={seed}, of {rehearsals}"
            return told, before, traces(temporary, rehearsals)

    return _at_once(kill, [*instants, last])


def _instants(seed: int, count: int, duration: float) -> list[float]:
    """Return random seconds of a rehearsal, one in each of `count` parts of `duration`."""
    draw = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    return [(part + draw.random()) * duration / count for part in range(count)]


def _at_once(function: Callable[[float, signal.Signals], T], moments: list[float]) -> list[T]:
    kinds = cycle((signal.SIGINT, signal.SIGTERM))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(function, moments, kinds))


@pytest.mark.parametrize("number", range(WHOLE))
def test_each_completes_by_one_success_and_leaves_nothing(whole: list[Ended], number: int) -> None:
    ended = whole[number]
    assert ended.code == 0, ended
    assert ended.report["stack_status"] == "CREATE_COMPLETE"
    assert ended.report["response_status"] == 200
    assert [signal["status"] for signal in ended.report["signals"]] == ["SUCCESS"]
    assert ended.left.nothing, ended.left


def test_it_takes_at_most_25_seconds_and_porters_share_of_the_boot_3(whole: list[Ended]) -> None:
    totals = [ended.report["seconds"]["total"] for ended in whole]
    shares = [ended.report["seconds"]["boot_share"] for ended in whole]
    slowness = median(ended.slowness for ended in whole)
    told = f"totals {totals}, boot shares {shares}, slowness {slowness:.2f}"
    sys.stderr.write(f"{told}\n")
    assert median(totals) <= MOST * slowness, told
    assert median(shares) <= MOST_OF_BOOT * slowness, told


@pytest.mark.parametrize("number", range(INTERRUPTED))
def test_sigint_and_sigterm_at_a_random_moment_leave_nothing(
    interrupted: list[tuple[str, int, Ended]], number: int
) -> None:
    told, by, ended = interrupted[number]
    complete = ended.code == 0 and "CREATE_COMPLETE" in ended.out
    assert ended.code == 128 + by or complete, (told, ended)
    assert ended.left.nothing, (told, ended.left)


@pytest.mark.parametrize("number", range(KILLED))
def test_after_sigkill_at_a_random_moment_processes_end_and_the_next_start_removes_the_rest(
    killed: list[tuple[str, Traces, Traces]], number: int
) -> None:
    told, before, after = killed[number]
    assert before.processes == [], told
    assert after.nothing, (told, after)


def test_at_least_one_was_killed_while_its_machine_ran(
    killed: list[tuple[str, Traces, Traces]],
) -> None:
    assert any(before.namespaces and before.groups for _, before, _ in killed)
