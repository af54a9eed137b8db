"""Whatever ends a rehearsal, at whatever moment, nothing of it is left."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest

from tests.harness.ended import Ended
from tests.harness.sandbox import a_sandbox
from tests.robustness.conftest import INSTANTS, instants
from tests.robustness.stubborn import STUBBORN

pytestmark = pytest.mark.timeout(600)  # the first test of each kind waits for all ten rehearsals

AT_ONCE = 2
ASKED_TO_END = (signal.SIGINT, signal.SIGTERM)


def _ended(second: float, number: signal.Signals) -> Ended:
    with a_sandbox() as sandbox:
        return sandbox.end_at(sandbox.app(service__main=STUBBORN), second, number)


def _killed(second: float) -> tuple[list[str], list[str]]:
    """What is left of the processes after 5 s, and of the files after the next start."""
    with a_sandbox() as sandbox:
        app = sandbox.app(service__main=STUBBORN)
        sandbox.end_at(app, second, signal.SIGKILL)
        sandbox.gone_within(5)
        processes = list(sandbox.processes().values())
        (app / "cdk.json").unlink()  # the next start ends soon
        return processes, sandbox.rehearse(app).left.files


@pytest.fixture(scope="module")
def asked(seed: int, duration: float) -> Iterator[list[tuple[float, signal.Signals, Ended]]]:
    """A rehearsal for each instant, asked to end by the one signal and the other in turn."""
    moments = list(zip(instants(seed, duration), cycle(ASKED_TO_END), strict=False))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ends = pool.map(lambda moment: _ended(*moment), moments)
        yield [(*moment, end) for moment, end in zip(moments, ends, strict=True)]


@pytest.fixture(scope="module")
def killed(seed: int, duration: float) -> list[tuple[float, list[str], list[str]]]:
    """A rehearsal for each instant, killed."""
    moments = instants(seed + 1, duration)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [(at, *left) for at, left in zip(moments, pool.map(_killed, moments), strict=True)]


@pytest.mark.parametrize("number", range(INSTANTS))
def test_sigint_and_sigterm_at_a_random_instant_leave_nothing(
    asked: list[tuple[float, signal.Signals, Ended]], number: int, seed: int
) -> None:
    at, asked_by, ended = asked[number]
    told = f"{asked_by.name} after {at:.2f} s, PORTER_TEST_SEED={seed}: {ended}"
    complete = ended.code == 0 and "CREATE_COMPLETE" in ended.out
    assert ended.code == 128 + asked_by or complete, told
    assert ended.left.nothing, told
    assert "Traceback" not in ended.err or at < 1, told


@pytest.mark.parametrize("number", range(INSTANTS))
def test_after_sigkill_at_a_random_instant_processes_end_and_the_next_start_removes_files(
    killed: list[tuple[float, list[str], list[str]]], number: int, seed: int
) -> None:
    at, processes, files = killed[number]
    told = f"SIGKILL after {at:.2f} s, PORTER_TEST_SEED={seed}"
    assert processes == [], told
    assert files == [], told
