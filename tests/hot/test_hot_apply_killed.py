"""SIGKILL of an apply before any of its steps: the next one ends where this one was to end."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from tests.hot.host import HotHost

MOST_STEPS = 60


class Visitor(threading.Thread):
    """Asks for the page all the time; keeps every answer that is not a version."""

    def __init__(self, hot: HotHost) -> None:
        super().__init__(daemon=True)
        self._hot = hot
        self.asked = 0
        self.failures: list[str] = []
        self.over = False

    def run(self) -> None:
        """Until it is over."""
        while not self.over:
            try:
                page = self._hot.page()
                self.failures += [] if page.isdigit() else [page]
            except OSError as error:
                self.failures.append(repr(error))
            self.asked += 1
            time.sleep(0.005)


@pytest.mark.timeout(900)  # two applies for every step there is
def test_killed_before_any_step_the_next_apply_ends_where_it_should_and_no_request_is_lost(
    hot: HotHost,
) -> None:
    visitor = Visitor(hot)
    visitor.start()
    killed = 0
    for step in range(MOST_STEPS):
        version = str(step + 2)
        hot.release(version)
        code = hot.killed_before(step)
        assert visitor.failures == [], f"killed before step {step}"
        if code == 0:
            break
        assert code == -signal.SIGKILL
        killed += 1
        hot.applied()
        _assert_serves_alone(hot, version, step)
        assert visitor.failures == [], f"repaired after step {step}"
    visitor.over = True
    visitor.join(10)
    assert killed > 20, "a swap has more steps than that"
    assert visitor.asked > killed


def _assert_serves_alone(hot: HotHost, version: str, step: int) -> None:
    told = f"killed before step {step}"
    assert hot.page() == version, told
    assert len(hot.servers()) == 1, told
    assert sorted(hot.units().values())[:1] == ["active"], told
    assert list(hot.units().values()).count("active") == 1, told
    assert hot.applied() == "nothing to do\n", told
