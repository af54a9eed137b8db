"""The power fails in the middle of a hot apply: after the boot only the live workload serves."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

import pytest

from porter.host.core.layout import ENVIRONMENT_UNIT
from tests.hot.host import HotHost
from tests.machine.conftest import eventually

MOMENTS = {
    "enable porter-web_b": "1",
    "move ": "1",
    "etc/porter/host.json": "1",
    "disable porter-web.service": "2",
}
"""Before which step the power fails, and which version must serve after the boot."""

SERVES = ("porter-haproxy.service", "porter-web.service", "porter-web_b.service")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("moment", MOMENTS)
def test_after_the_boot_the_live_one_serves_alone(hot: HotHost, moment: str) -> None:
    hot.release("2")
    cut_before(hot, moment)
    boot(hot)
    eventually(lambda: hot.serves(MOMENTS[moment]), 30)
    assert len(hot.servers()) == 1
    assert list(hot.units().values()).count("active") == 1
    hot.applied()
    assert hot.page() == "2"
    assert len(hot.servers()) == 1
    assert hot.applied() == "nothing to do\n"


def cut_before(hot: HotHost, moment: str) -> None:
    """Kill an apply before the step whose title has `moment` in it."""
    steps = [line for line in hot.host.apply("--dry-run").splitlines() if line.startswith("  ")]
    number = next(index for index, title in enumerate(steps) if moment in title)
    assert hot.killed_before(number) == -signal.SIGKILL


def boot(hot: HotHost) -> None:
    """End every unit, empty the memory, and start the enabled units, as a boot does."""
    units = hot.host.root / "etc/systemd/system"
    for name in (*SERVES, ENVIRONMENT_UNIT):
        if (units / name).exists():
            hot.systemctl("stop", name)
    names = [name for name in SERVES if (units / "multi-user.target.wants" / name).is_symlink()]
    shutil.rmtree(hot.host.root / "run/porter")
    restored = subprocess.run(
        [sys.executable, "-m", "porter.host.environment"],
        env={**os.environ, "PORTER_ROOT": str(hot.host.root)},
        timeout=30,
        check=False,
    )
    assert restored.returncode == 0
    for name in names:
        hot.systemctl("start", name)
