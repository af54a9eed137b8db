"""The log of events: in order, bounded, and with ids that grow whatever gets lost."""

import json
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from porter.daemon.changes import note_changes
from porter.daemon.events import LONGEST, Events
from porter.daemon.gate import Observation, advance, open_gate
from porter.daemon.happenings import Health, HotApply
from porter.daemon.journal import Record
from porter.daemon.outcomes import Outcomes
from porter.daemon.witness import Witness
from porter.spec import HealthCheck

HEALTHY = Health(program="web", healthy=True)


def opened(folder: Path) -> Events:
    """Return the log as a porterd that starts finds it."""
    events = Events(folder)
    events.open()
    return events


def test_events_come_in_order_and_once(tmp_path: Path) -> None:
    events = opened(tmp_path)
    seen: list[int] = []
    events.changed = lambda: seen.append(events.newest)
    first, second = events.append(HEALTHY), events.append(HotApply(payload="0" * 12))
    assert seen == [first["id"], second["id"]]
    assert events.since(0).events == [first, second]
    assert events.since(first["id"]) == ([second], second["id"], False)
    assert events.since(second["id"]) == ([], second["id"], False)
    assert events.since(0, "hot-apply").events == [second]
    assert first | {"id": 0, "at": 0} == {
        "id": 0,
        "at": 0,
        "kind": "health",
        "program": "web",
        "healthy": True,
        "problem": "",
    }


def test_a_restart_continues_the_log(tmp_path: Path) -> None:
    before = opened(tmp_path).append(HEALTHY)
    events = opened(tmp_path)
    assert events.newest == before["id"]
    after = events.append(HEALTHY)
    assert events.since(0).events == [before, after]
    assert after["id"] > before["id"]


def test_an_id_is_the_time_in_milliseconds_and_greater_than_the_last(tmp_path: Path) -> None:
    now = time.time()
    assert opened(tmp_path).append(HEALTHY)["id"] / 1000 == pytest.approx(now, abs=60)
    for last in (1, 10**15):
        (tmp_path / "events.jsonl").write_text(f'{{"began": 1, "forgotten": {last}}}')
        event = opened(tmp_path).append(HEALTHY)
        if last == 1:
            assert event["id"] / 1000 == pytest.approx(now, abs=60)
        else:
            assert event["id"] == last + 1


def test_a_lost_log_is_reported(tmp_path: Path) -> None:
    seen = opened(tmp_path).append(HEALTHY)["id"]
    (tmp_path / "events.jsonl").unlink()
    events = opened(tmp_path)
    events.began = events.newest = events._forgotten = seen + 100
    event = events.append(HEALTHY)
    assert event["id"] > seen
    assert events.since(seen) == ([event], event["id"], True)
    assert not events.since(0).missed, "a new client missed nothing"


def test_a_clock_that_was_put_back_hides_no_event(tmp_path: Path) -> None:
    """The client knows an id from before: of this log's future."""
    events = opened(tmp_path)
    event = events.append(HEALTHY)
    assert events.since(event["id"] + 10**6) == ([event], event["id"], True)


def test_the_log_is_bounded_and_says_what_is_gone(tmp_path: Path) -> None:
    events = opened(tmp_path)
    ids = [events.append(HEALTHY)["id"] for _ in range(LONGEST + 10)]
    assert len(events.since(0).events) == LONGEST
    assert events.since(1).missed
    assert events.since(ids[8]).missed
    assert not events.since(ids[9]).missed
    assert opened(tmp_path).since(ids[8]).missed


def test_threads_may_append_at_the_same_time(tmp_path: Path) -> None:
    events, count = opened(tmp_path), 20
    threads = [
        threading.Thread(target=lambda: [events.append(HEALTHY) for _ in range(count // 4)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [event["id"] for event in events.since(0).events]
    assert len(ids) == count
    times = [event["at"] for event in events.since(0).events]
    assert times == [round(at, 3) for at in times]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"began": 1}\nx', '{"began": 1, "forgotten": 1}\n[]']
)
def test_a_spoilt_log_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "events.jsonl").write_text(text)
    events = opened(tmp_path)
    assert events.since(0).events == []
    assert events.since(0).newest > 10**12


def test_a_log_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").mkdir()
    event = opened(tmp_path).append(HEALTHY)
    assert event["id"] > 10**12


def test_a_full_disk_stops_nothing(tmp_path: Path) -> None:
    events = Events(tmp_path / "missing")
    assert events.since(0).events == [] == [*events.since(events.append(HEALTHY)["id"]).events]


def test_no_text_of_an_event_has_a_secret(tmp_path: Path) -> None:
    events = Events(tmp_path, lambda text: text.replace("s3cr3t", "[redacted]"))
    event = events.append(Health(program="web", healthy=False, problem="answered 500: s3cr3t"))
    assert event["problem"] == "answered 500: [redacted]"
    assert "s3cr3t" not in (tmp_path / "events.jsonl").read_text()
    assert (tmp_path / "events.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_hot_apply_and_rotated_secrets_are_noticed_at_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    events = opened(tmp_path)

    def start(payload: str, **web: str) -> list[dict[str, object]]:
        seen = events.newest
        note_changes(events, tmp_path, payload * 64, {"web": web}, {})
        return [
            {name: value for name, value in one.items() if name not in ("id", "at")}
            for one in events.since(seen).events
        ]

    assert start("a", KEY="hunter22", OTHER="x") == [], "the first start since the boot"
    assert caplog.messages == []
    assert start("a", KEY="hunter22", OTHER="x") == []
    assert start("b", KEY="hunter22", NEW="y") == [{"kind": "hot-apply", "payload": "b" * 12}]
    assert start("b", KEY="hunter23", NEW="y") == [
        {"kind": "secrets-rotated", "program": "web", "names": ("KEY",)}
    ]
    assert "hunter" not in (tmp_path / "known.json").read_text()
    assert (tmp_path / "known.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "known",
    [
        "[]",
        "null",
        '"x"',
        '{"key": 1, "payload": "a", "secrets": {}}',
        '{"key": "k", "secrets": {}}',
        '{"key": "k", "payload": "a", "secrets": []}',
        '{"key": "k", "payload": "a", "secrets": {"web": ["KEY"]}}',
        '{"key": "k", "payload": "a", "secrets": {"web": {"KEY": 1}}}',
    ],
)
def test_a_file_of_another_shape_is_none_and_is_replaced(tmp_path: Path, known: str) -> None:
    (tmp_path / "known.json").write_text(known)
    events = opened(tmp_path)
    for payload in "ab":
        note_changes(events, tmp_path, payload * 64, {"web": {"KEY": "hunter22"}}, {})
    assert [one["kind"] for one in events.since(0).events] == ["hot-apply"]


def test_each_outcome_of_a_job_is_one_event(tmp_path: Path) -> None:
    jobs = ["old", "never", "half", "other", "list", "folder", "report", "backup"]
    (tmp_path / "old.json").write_text(outcome("old", "2026-01-01"))
    os.utime(tmp_path / "old.json", (time.time() - 60,) * 2)
    for name, text in (("half", "{"), ("other", "{}"), ("list", "[]")):
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "folder.json").mkdir()
    events = opened(tmp_path)
    outcomes = Outcomes(events, tmp_path, jobs)
    outcomes.look()
    time.sleep(0.01)
    for job in ("report", "backup"):
        (tmp_path / f"{job}.json").write_text(outcome(job, "2026-01-02"))
    for _ in range(3):
        outcomes.look()
    Outcomes(events, tmp_path, ["report"]).look()
    Outcomes(events, None, ["report"]).look()
    (tmp_path / "report.json").write_text(outcome("report", "2026-01-03"))
    outcomes.look()
    seen = [(one["job"], one["occurrence"], one["exit_code"]) for one in events.since(0).events]
    assert seen == [
        ("report", "2026-01-02", 3),
        ("backup", "2026-01-02", 3),
        ("report", "2026-01-03", 3),
    ]
    for _ in range(LONGEST):
        events.append(HEALTHY)
    outcomes.look()
    assert events.since(0, "job").events == [], "an outcome that the log forgot is not new"


def outcome(job: str, occurrence: str) -> str:
    """Return the text that a job leaves (`porter.host.jobs.settle.Outcome`)."""
    told = {"job": job, "occurrence": occurrence, "token": 7}
    return json.dumps({**told, "result": "exit-code", "exit_code": 3, "seconds": 1.5})


def test_a_signal_is_an_event_when_its_state_changes(tmp_path: Path) -> None:
    """A host of workers alone has no service, and no check of it before the first."""
    events = opened(tmp_path)
    gate = open_gate(HealthCheck(), opened_at=0, timeout_seconds=60)
    record = Record(started_at=0, handle="")
    witness = Witness(events, "web", record)
    seen = Observation(at=0, ok=True, status=None, seconds=0)
    witness.saw(gate, record, {})
    Witness(events, "", record).saw(advance(gate, seen, 1), record, {})
    assert events.since(0).events == []
    intended = replace(record, state="intended", status="SUCCESS", reason="it is healthy")
    for each in (intended, intended, replace(record, state="failed")):
        witness.saw(gate, each, {})
    signals = events.since(0, "signal").events
    told = [(one["state"], one["status"], one["reason"]) for one in signals]
    assert told == [("intended", "SUCCESS", "it is healthy"), ("failed", "", "")]


def test_health_is_an_event_when_it_changes(tmp_path: Path) -> None:
    events = opened(tmp_path)
    gate = open_gate(HealthCheck(healthy_threshold=1), opened_at=0, timeout_seconds=60)
    record = Record(started_at=0, handle="")
    witness = Witness(events, "web", record)
    for ok in (False, True, True, False, False, True):
        seen = Observation(at=0, ok=ok, status=200, seconds=0, problem="" if ok else "hangs")
        gate = advance(gate, seen, 1)
        witness.saw(gate, record, {"mail": "" if ok else "mail is not up"})
        witness = Witness(events, "web", record)  # a restart of porterd
    told = [(one["program"], one["healthy"], one["problem"]) for one in events.since(0).events]
    assert told == [
        ("web", True, ""),
        ("mail", True, ""),
        ("web", False, "hangs"),
        ("mail", False, "mail is not up"),
        ("web", True, ""),
        ("mail", True, ""),
    ]
