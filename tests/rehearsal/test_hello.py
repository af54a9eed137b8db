"""The ten-line app, rehearsed once by the command line, for all tests of this module."""

from __future__ import annotations

import hashlib
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.harness.ended import Ended
from tests.harness.report_schema import validate
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness


def _tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass(frozen=True, kw_only=True)
class Run:
    """The rehearsal, and the app's folder before and after it."""

    ended: Ended
    before: dict[str, str]
    after: dict[str, str]

    @property
    def report(self) -> Any:
        """Return the report of `--json`."""
        return self.ended.report


@pytest.fixture(scope="module")
def run(sandbox: Sandbox) -> Run:
    """The rehearsal, with CDK's template validator, as users have it."""
    app = sandbox.app("hello")
    before = _tree(app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "true")
        ended = sandbox.rehearse(app, "--json")
    return Run(ended=ended, before=before, after=_tree(app))


def test_it_exits_0_and_says_ok(run: Run) -> None:
    ended = run.ended
    assert ended.code == 0, ended.err
    assert ended.report["ok"] is True
    assert ended.report["reason"] == ""
    assert ended.report["machine"] == "process"


def test_the_stack_completed_through_exactly_one_success_signal(run: Run) -> None:
    report = run.report
    assert report["stack_status"] == "CREATE_COMPLETE"
    [signal] = report["signals"]
    assert signal["status"] == "SUCCESS"
    assert signal["unique_id"].startswith("i-")


def test_the_service_answered_through_haproxy(run: Run) -> None:
    report = run.report
    assert report["response_status"] == 200
    assert urlsplit(report["url"]).port > 1023


def test_from_healthy_to_signalled_takes_at_most_two_and_a_half_seconds(run: Run) -> None:
    assert 0 < run.report["seconds"]["healthy_to_signal"] <= 2.5 * slowness()


def test_the_seconds_of_the_phases_fit_into_the_total(run: Run) -> None:
    seconds = run.report["seconds"]
    assert set(seconds) == {
        *(
            "total",
            "synth",
            "deploy",
            "boot",
            "healthy",
            "signal",
            "healthy_to_signal",
            "boot_share",
        )
    }
    phases = [seconds[name] for name in ("synth", "deploy", "boot", "healthy", "signal")]
    assert all(phase >= 0 for phase in phases)
    assert sum(phases) <= seconds["total"] <= run.ended.seconds


def test_stderr_shows_every_phase_in_order(run: Run) -> None:
    """Between them, a slow machine shows a clock (`synth ... 10 s`)."""
    lines = [line for line in run.ended.err.splitlines() if " ... " not in line]
    phases = [line.split()[0] for line in lines]
    assert phases == ["prepare", "synth", "deploy", "boot", "healthy", "signal", "complete"]


def test_stdout_is_one_json_object_and_nothing_else(run: Run) -> None:
    assert run.ended.out.count("\n") == 1
    validate(run.report)
    [service] = run.report["services"]
    assert (service["url"], service["status"]) == (run.report["url"], 200)
    [host] = service["hosts"]
    assert urlsplit(host["url"]).port == host["ports"]["80"]
    skipped = run.report["not_exercised"]
    assert not any(skipped[kind] for kind in ("resources", "lookups", "existing", "assets"))


def test_no_process_no_file_and_no_port_is_left(run: Run) -> None:
    ended = run.ended
    assert ended.left.nothing, ended.left
    port = urlsplit(ended.report["url"]).port
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_users_folder_is_untouched(run: Run) -> None:
    assert run.after == run.before
