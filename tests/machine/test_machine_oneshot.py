"""A `oneshot` unit is followed as systemd would follow it."""

from __future__ import annotations

from .conftest import Boot

MAKE = """\
[Service]
Type=oneshot
ExecStart=python3 -c "open('made', 'x')"
"""
"""It works once: the second time, the file is there already."""


def test_a_oneshot_that_remains_is_active_after_its_end_and_is_not_run_again(boot: Boot) -> None:
    there = boot()
    there.add("make.service", f"{MAKE}RemainAfterExit=yes\n")
    assert there.systemctl("start", "make").returncode == 0
    assert (there.root / "made").exists()
    assert (there.show("make", "ActiveState"), there.show("make", "SubState")) == (
        "active",
        "exited",
    )
    assert there.systemctl("start", "make").returncode == 0


def test_a_oneshot_that_does_not_remain_runs_at_every_start_and_may_fail(boot: Boot) -> None:
    there = boot()
    there.add("make.service", MAKE)
    assert there.systemctl("start", "make").returncode == 0
    assert there.show("make", "ActiveState") == "inactive"
    assert there.systemctl("start", "make").returncode == 1
    assert there.show("make", "ActiveState") == "failed"
