"""A `oneshot` unit behaves as under systemd."""

from __future__ import annotations

from .conftest import Boot

MAKE = """\
[Service]
Type=oneshot
ExecStart=python3 -c "open('made', 'x')"
"""
"""A unit that succeeds once; the second time, its file exists already."""


def test_a_oneshot_with_remain_after_exit_stays_active_and_runs_once(boot: Boot) -> None:
    there = boot()
    there.add("make.service", f"{MAKE}RemainAfterExit=yes\n")
    assert there.systemctl("start", "make").returncode == 0
    assert (there.root / "made").exists()
    assert (there.show("make", "ActiveState"), there.show("make", "SubState")) == (
        "active",
        "exited",
    )
    assert there.systemctl("start", "make").returncode == 0


def test_a_oneshot_without_remain_after_exit_runs_at_every_start(boot: Boot) -> None:
    there = boot()
    there.add("make.service", MAKE)
    assert there.systemctl("start", "make").returncode == 0
    assert there.show("make", "ActiveState") == "inactive"
    assert there.systemctl("start", "make").returncode == 1
    assert there.show("make", "ActiveState") == "failed"
