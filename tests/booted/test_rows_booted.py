"""The failure table and the odd services of tests/failures, rehearsed on booted machines.

CI plays every row that needs no booted machine. Here it boots the rows of `IN_CI` alone: one for
each kind of failure that a booted machine produces by other means than a played one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from tests.failures.container_rows import ENDS, IMAGES
from tests.failures.machine_rows import MACHINE, UNHEARD
from tests.failures.odd import ODD, ODD_MACHINES
from tests.failures.outcomes import assert_failed, assert_succeeded
from tests.failures.rows import Case, Failure, Success
from tests.failures.runs import Runs, selected
from tests.failures.table import ANYWHERE
from tests.harness.conditions import boots

pytestmark = [
    boots,
    pytest.mark.timeout(1500),  # a test may wait for earlier rehearsals
]

IN_CI = {
    "crash-loop": "systemd restarts the process, and says how it exited",
    "worker-exits": "the same for a worker",
    "disk-full": "the bootstrap fails on a full disk",
    "porterd-port-taken": "another unit has bound porterd's port",
    "mirror-missing": "apt-get reports what it cannot fetch",
    "dns-dead": "cloud-init's console output is the reason, as no signal arrives",
    "handle-expired": "porterd cannot send its signal",
    "porterd-killed-signalling": "systemd restarts porterd in the middle of its signal",
}
"""The rows that CI boots, and what only a booted machine shows."""


def rows(cases: Iterable[Case]) -> list[object]:
    """Return the parameters for `cases`, each with its tier."""
    return [
        pytest.param(
            case,
            id=case.name,
            marks=pytest.mark.machines if case.name in IN_CI else pytest.mark.exhaustive,
        )
        for case in cases
    ]


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest) -> Iterator[Runs]:
    """A rehearsal for each row of the selected tests."""
    yield from selected(request, "systemd")


BOOTED_TOO = [row.booted() for row in ANYWHERE if row.booted_too]
"""The rows that are rehearsed on played machines as well."""


@pytest.mark.parametrize("case", rows(BOOTED_TOO))
def test_a_failure_on_a_booted_machine_has_the_reason_of_a_played_one(
    runs: Runs, case: Failure
) -> None:
    assert_failed(runs.of(case), case)


@pytest.mark.parametrize("case", rows([*MACHINE, *IMAGES]))
def test_a_fault_of_the_machine_is_the_reason(runs: Runs, case: Failure) -> None:
    assert_failed(runs.of(case), case)


@pytest.mark.parametrize("case", rows(ENDS))
def test_the_reason_says_why_a_container_does_not_stay_up(runs: Runs, case: Failure) -> None:
    assert_failed(runs.of(case), case)


@pytest.mark.parametrize("case", rows(UNHEARD))
def test_without_a_signal_the_end_of_the_console_is_the_reason(runs: Runs, case: Failure) -> None:
    assert_failed(runs.of(case), case)


@pytest.mark.parametrize("case", rows([*(row.booted() for row in ODD), *ODD_MACHINES]))
def test_a_slow_or_odd_service_succeeds_on_a_booted_machine(runs: Runs, case: Success) -> None:
    assert_succeeded(runs.of(case), case)


def test_every_row_that_ci_boots_exists() -> None:
    """Without this test, CI would silently skip a renamed row."""
    known = {row.name for row in (*BOOTED_TOO, *MACHINE, *IMAGES, *ENDS, *UNHEARD, *ODD)}
    assert set(IN_CI) <= known
