"""A unit's exit and last lines, as porterd reads them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from porter.rehearsal.machines.played import journal

from .conftest import Boot, Booted, eventually


def journalctl(there: Booted, match: str, lines: int = 20) -> subprocess.CompletedProcess[str]:
    """Run journalctl with the only arguments that porter uses."""
    program = there.root / "usr/bin/journalctl"
    argv = [program, "--no-pager", "--output=cat", f"--lines={lines}", match]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize(
    ("end", "code", "status"),
    [("exit 3", "1", "3"), ("exit 0", "1", "0"), ("kill -9 $$$$", "2", "9")],
)
def test_exit_codes_and_signals_have_systemds_numbers(
    boot: Boot, end: str, code: str, status: str
) -> None:
    there = boot()
    text = f'[Service]\nType=exec\nRestart=always\nRestartSec=2\nExecStart=sh -c "{end}"\n'
    there.add("web.service", text)
    there.systemctl("start", "web")
    eventually(lambda: there.show("web", "SubState") == "auto-restart")
    assert there.show("web", "ExecMainCode") == code
    assert there.show("web", "ExecMainStatus") == status
    assert there.show("web", "NRestarts") == "0", "it counts the start, not the pause before"
    first = int(there.show("web", "ExecMainStartTimestampMonotonic"))
    eventually(lambda: there.show("web", "NRestarts") == "1")
    assert int(there.show("web", "ExecMainStartTimestampMonotonic")) > first > 0


def test_the_journal_has_the_units_lines_and_with_unit_also_systemds(boot: Boot) -> None:
    there = boot()
    there.add(
        "web.service", "[Service]\nExecStart=sh -c \"printf 'one\\\\ntwo\\\\nno end'; exit 3\"\n"
    )
    there.systemctl("start", "web")
    eventually(lambda: "exited with 3" in there.machine.log_tail("web", 5))
    assert journalctl(there, "_SYSTEMD_UNIT=web.service").stdout == "one\ntwo\nno end\n"
    assert journalctl(there, "_SYSTEMD_UNIT=web.service", 1).stdout == "no end\n"
    both = journalctl(there, "--unit=web.service").stdout.splitlines()
    assert {"no end", "web.service: the main process exited with 3"} < set(both)
    assert journalctl(there, "_SYSTEMD_UNIT=none.service").stdout == ""
    assert journalctl(there, "--boot=1").returncode == 1


def test_a_remark_behind_half_a_line_is_a_line_of_its_own(tmp_path: Path) -> None:
    log = journal.path_of(tmp_path, "web")
    log.parent.mkdir(parents=True)
    log.write_text("one\nno end07:00:00 init: Started web.service.\n")
    assert journal.messages(tmp_path, "web", 9, remarks=False) == "one\nno end"


def test_megabytes_of_output_block_no_service_and_are_limited(boot: Boot) -> None:
    there = boot()
    flood = "import sys; [print('\\x1b[32m' + '日本' * 500) for _ in range(5000)]; print('done')"
    (there.root / "flood.py").write_text(flood)
    there.add("web.service", f"[Service]\nExecStart=python3 {there.root}/flood.py\n")
    there.systemctl("start", "web")
    log = there.root / "var/log/journal/web.service.log"
    eventually(lambda: "done" in there.machine.log_tail("web", 3), seconds=30)
    assert journalctl(there, "_SYSTEMD_UNIT=web.service", 1).stdout == "done\n"
    eventually(lambda: log.stat().st_size < journal.LIMIT, seconds=30)
    assert set(log.parent.glob("web*")) == {log, Path(f"{log}.1")}


def test_several_units_are_shown_in_one_call(boot: Boot) -> None:
    there = boot()
    there.add("web.service", "[Service]\nType=exec\nExecStart=sleep 1000\n")
    there.systemctl("start", "web")
    shown = there.systemctl("show", "--property=Id,ActiveState", "web.service", "none.service")
    assert shown.stdout == (
        "Id=web.service\nActiveState=active\n\nId=none.service\nActiveState=inactive\n"
    )
