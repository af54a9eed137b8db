"""porterd's journal on disk counts only if it is a valid record of this host's signal."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from porter.aws.wait_handle import Signal
from porter.daemon.journal import Journal, Record
from porter.spec import SpecError

URL = "https://handle.example/?Signature=secret"


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, URL)


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


def left(folder: Path, **fields: Any) -> Path:
    """Write a journal for this handle to `folder`, as an earlier porterd would."""
    path = folder / "signal.json"
    handle = Journal(folder, URL).fresh().handle
    path.write_text(json.dumps({"handle": handle, "started_at": 5.0, **fields}))
    return path


def test_a_record_is_found_as_it_was_written(journal: Journal, tmp_path: Path) -> None:
    intended = Record(
        started_at=5.0,
        handle=journal.fresh().handle,
        state="intended",
        status="SUCCESS",
        unique_id="i-1",
        reason="it is well",
        first_healthy_at=6.0,
        healthy_at=7.0,
    )
    journal.write(intended)
    assert Journal(tmp_path, URL).open(lambda: 9.0) == intended
    assert [path.name for path in tmp_path.iterdir()] == ["signal.json"]
    assert "secret" not in (tmp_path / "signal.json").read_text()


def test_a_fresh_record_counts_from_the_launch_and_is_written_at_once(
    journal: Journal, tmp_path: Path
) -> None:
    record = journal.open(lambda: 3.0)
    assert (record.state, record.started_at, record.settled) == ("none", 3.0, False)
    assert Journal(tmp_path, URL).open(lambda: 9.0) == record


def test_writing_leaves_no_file_open(journal: Journal) -> None:
    """If each write left a file open, porterd would reach its limit one day."""
    before = open_files()
    journal.write(journal.fresh())
    assert open_files() == before


@pytest.mark.parametrize(
    "fields",
    [{"state": "unheard-of"}, {"started_at": "yesterday"}, {"handle": "another"}],
    ids=["state", "time", "handle"],
)
def test_a_record_that_is_not_this_hosts_signal_counts_as_none(
    journal: Journal, tmp_path: Path, fields: dict[str, Any]
) -> None:
    """An unknown state must never lead to a FAILURE signal."""
    left(tmp_path, **fields)
    record = journal.open(lambda: 3.0)
    assert (record.state, record.started_at) == ("none", 3.0)


def test_an_unknown_state_is_refused_by_name() -> None:
    with pytest.raises(SpecError) as error:
        Record(started_at=0.0, handle="h", state="unheard-of")
    assert error.value.where == "state"
    assert "none, intended, sent, finished, failed" in error.value.what


def test_a_journal_that_cannot_be_read_counts_as_none(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken disk must not prevent a healthy host from signalling."""
    (tmp_path / "signal.json").mkdir()
    assert journal.open(lambda: 3.0).started_at == 3.0
    assert "Is a directory" in caplog.text


def test_a_journal_that_cannot_be_written_is_logged_and_the_signal_goes_on(
    journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "signal.new").mkdir()
    journal.write(journal.fresh())
    assert "signal.json: cannot write the record: Is a directory" in caplog.text


@pytest.mark.parametrize(
    ("state", "settled"),
    [("none", False), ("intended", False), ("sent", True), ("finished", True), ("failed", True)],
)
def test_only_an_outcome_settles_a_record(journal: Journal, state: str, settled: bool) -> None:  # noqa: FBT001
    assert replace(journal.fresh(), state=state).settled == settled


@pytest.mark.parametrize("status", ["SUCCESS", "FAILURE"])
def test_the_signal_is_what_was_intended(journal: Journal, status: str) -> None:
    record = replace(journal.fresh(), status=status, unique_id="i-1", reason="why")
    assert record.signal("hello") == Signal(status, "i-1", "why", data="hello")  # type: ignore[arg-type]
