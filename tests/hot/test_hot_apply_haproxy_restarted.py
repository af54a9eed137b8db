"""HAProxy restarts in the middle of a hot apply: it comes up with a server that serves."""

from __future__ import annotations

import signal

import pytest

from tests.hot.host import HotHost
from tests.machine.conftest import eventually

MOMENTS = ("confirm that HAProxy", "run ", "/etc/porter/host.json", " state maint", "stop ")
"""Steps before which HAProxy restarts: before, at and after the commit."""


@pytest.mark.timeout(600)
def test_whenever_it_is_restarted_it_serves_and_the_next_apply_ends_where_it_should(
    hot: HotHost,
) -> None:
    for number, moment in enumerate(MOMENTS):
        version = str(number + 2)
        hot.release(version)
        titles = hot.host.apply("--dry-run").splitlines()
        steps = [title for title in titles if title.startswith("  ")]
        (step, *_) = [index for index, title in enumerate(steps) if moment in title]
        assert hot.killed_before(step) == -signal.SIGKILL
        hot.systemctl("restart", "porter-haproxy.service")
        eventually(lambda: _serves(hot))
        hot.applied()
        assert hot.page() == version, moment
        assert len(hot.servers()) == 1, moment


def _serves(hot: HotHost) -> bool:
    try:
        return hot.page().isdigit()
    except OSError:
        return False
