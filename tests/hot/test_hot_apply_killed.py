"""An apply killed before any of its steps: the next apply reaches the same end."""

from __future__ import annotations

import signal

import pytest

from tests.harness.effort import repeats
from tests.harness.prober import Prober
from tests.hot.host import HotHost

MOST_STEPS = 60
EACH = 60 // repeats(ci=20, all=60, quick=6)
"""An interval: every EACH-th step is tested. The seed chooses the first one."""


@pytest.mark.timeout(900)  # each step needs two applies
def test_killed_before_any_step_the_next_apply_ends_where_it_should_and_no_request_is_lost(
    hot: HotHost, seed: int
) -> None:
    killed = 0
    with Prober(hot.page, good=str.isdigit) as prober:
        for step in range(seed % EACH, MOST_STEPS, EACH):
            version = str(step + 2)
            hot.release(version)
            code = hot.killed_before(step)
            assert prober.failures == [], f"killed before step {step}"
            if code == 0:
                break
            assert code == -signal.SIGKILL
            killed += 1
            hot.applied()
            _assert_serves_alone(hot, version, step)
            assert prober.failures == [], f"repaired after step {step}"
    assert killed >= 20 // EACH, "a swap has more steps than that"
    assert prober.asked > killed


def _assert_serves_alone(hot: HotHost, version: str, step: int) -> None:
    told = f"killed before step {step}"
    assert hot.page() == version, told
    assert len(hot.servers()) == 1, told
    assert sorted(hot.units().values())[:1] == ["active"], told
    assert list(hot.units().values()).count("active") == 1, told
    assert hot.applied() == "nothing to do\n", told
