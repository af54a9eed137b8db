"""A rehearsal that ends at a random moment leaves nothing.

Synthesis is real here: its processes must exit, too.
"""

from __future__ import annotations

import random
import signal

import pytest

from tests.harness.sandbox import a_sandbox
from tests.robustness.stubborn import STUBBORN

TENTHS = 10
IN_CI = (2, 5, 8)
"""The tenths of a rehearsal that CI interrupts: synthesis, deployment, health checks."""

GONE_SECONDS = 5.0
"""A limit for the processes of a killed rehearsal to exit, in seconds."""

EACH_TENTH = [
    pytest.param(tenth, marks=pytest.mark.machines if tenth in IN_CI else pytest.mark.exhaustive)
    for tenth in range(TENTHS)
]


def moment(seed: int, tenth: int, duration: float) -> float:
    """A random second of this tenth of a rehearsal."""
    draw = random.Random(f"{seed}/{tenth}")  # noqa: S311 - to be repeated, not to be secret
    return (tenth + draw.random()) * duration / TENTHS


@pytest.mark.parametrize("tenth", EACH_TENTH)
def test_sigint_and_sigterm_at_a_random_moment_leave_nothing(
    tenth: int, seed: int, duration: float
) -> None:
    second = moment(seed, tenth, duration)
    number = (signal.SIGINT, signal.SIGTERM)[tenth % 2]
    with a_sandbox() as sandbox:
        app = sandbox.app(service__main=STUBBORN)
        before = sorted(app.rglob("*"))
        ended = sandbox.end_at(app, second, number)
        after = sorted(app.rglob("*"))
    context = f"{number.name} after {second:.2f} s, PORTER_TEST_SEED={seed}: {ended}"
    complete = ended.code == 0 and "CREATE_COMPLETE" in ended.out
    assert ended.code == 128 + number or complete, context
    assert ended.left.nothing, context
    assert after == before, context
    assert "Traceback" not in ended.err or second < 1, context


@pytest.mark.parametrize("tenth", EACH_TENTH)
def test_after_sigkill_at_a_random_moment_processes_end_and_the_next_start_removes_files(
    tenth: int, seed: int, duration: float
) -> None:
    second = moment(seed + 1, tenth, duration)
    context = f"SIGKILL after {second:.2f} s, PORTER_TEST_SEED={seed}"
    with a_sandbox() as sandbox:
        app = sandbox.app(service__main=STUBBORN)
        sandbox.end_at(app, second, signal.SIGKILL)
        assert sandbox.gone_within(GONE_SECONDS), (context, sandbox.processes())
        (app / "cdk.json").unlink()  # the next start ends soon
        ended = sandbox.rehearse(app)
    assert ended.left.files == [], context
