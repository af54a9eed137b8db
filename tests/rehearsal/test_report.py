"""The whole report as a terminal shows it."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from porter.rehearsal.cloud.emulator import ReceivedSignal
from porter.rehearsal.machines.played.machines import ProcessMachines
from porter.rehearsal.story.report import Report, Update, as_json, as_text
from porter.rehearsal.story.timeline import Span, Timeline
from tests.harness.golden import golden

GOLDEN = Path(__file__).with_name("golden")

DONE = Report(
    ok=True,
    stack_status="CREATE_COMPLETE",
    reason="",
    machine="process",
    endpoint="http://localhost:30000",
    url="http://127.0.0.1:20080/",
    response_status=200,
    signals=(
        ReceivedSignal(at=8.4, status="SUCCESS", unique_id="i-0123", reason="web is healthy"),
    ),
    spans=(
        Span(phase="prepare", start=0.0, end=0.3),
        Span(phase="synth", start=0.3, end=2.9),
        Span(phase="deploy", start=2.9, end=4.4),
        Span(phase="boot", start=4.4, end=6.3),
        Span(phase="healthy", start=6.3, end=6.4),
        Span(phase="signal", start=6.4, end=8.4),
        Span(phase="complete", start=8.4, end=8.5),
    ),
    healthy_to_signal=2.0,
    ports={"i-0123": {80: 20080}},
    evidence={},
    limits=ProcessMachines().limits,
)

FAILED = replace(
    DONE,
    ok=False,
    stack_status="ROLLBACK_COMPLETE",
    reason="ServiceHostWaitCondition: failed: the service exited with 3",
    url=None,
    response_status=None,
    signals=(ReceivedSignal(at=6.3, status="FAILURE", unique_id="i-0123", reason="exited with 3"),),
    spans=DONE.spans[:3],
    healthy_to_signal=None,
    evidence={"i-0123: porter-web.service": ["Traceback", "  KeyError: 'DATABASE'"]},
)

UPDATED = replace(
    DONE,
    stack_status="UPDATE_COMPLETE",
    updates=(
        Update.of("HEAD~1", replace(DONE, hosts_started=1)),
        Update.of(
            "hello",
            replace(
                DONE,
                stack_status="UPDATE_COMPLETE",
                hosts_started=1,
                hosts_stopped=1,
                requests=425,
            ),
        ),
    ),
)


@pytest.mark.parametrize(
    ("name", "report"), [("done", DONE), ("failed", FAILED), ("updated", UPDATED)]
)
def test_the_text_of_a_report(name: str, report: Report) -> None:
    text = as_text(report) + "\n"
    assert text == golden(GOLDEN / f"report_{name}.txt", text)


def test_the_chart_ends_with_the_phase_that_failed() -> None:
    """The total is the time that passed; in JSON, the phase is one that did not end."""
    announced: list[str] = []
    timeline = Timeline(lambda phase, _seconds: announced.append(phase))
    timeline.end("prepare")
    time.sleep(0.2)
    timeline.fail()
    report = replace(FAILED, spans=tuple(timeline.spans()))
    assert report.total >= 0.2
    assert re.search(r"^  synth +0\.\d+ s +█+ +failed$", as_text(report), re.MULTILINE)
    assert as_json(report)["seconds"]["synth"] is None
    assert announced == ["prepare"]


def test_the_json_of_a_report() -> None:
    assert as_json(DONE) == {
        "ok": True,
        "stack_status": "CREATE_COMPLETE",
        "reason": "",
        "machine": "process",
        "url": "http://127.0.0.1:20080/",
        "response_status": 200,
        "signals": [{"status": "SUCCESS", "unique_id": "i-0123", "reason": "web is healthy"}],
        "seconds": {
            "total": 8.5,
            "synth": 2.6,
            "deploy": 1.5,
            "boot": 1.9,
            "healthy": 0.1,
            "signal": 2.0,
            "healthy_to_signal": 2.0,
            "boot_share": None,
        },
    }


def test_the_json_of_an_update_has_each_version_and_the_sum_of_requests() -> None:
    added = {name: as_json(UPDATED)[name] for name in as_json(UPDATED).keys() - as_json(DONE)}
    first, second = added.pop("updates")
    assert added == {"requests": 425, "failed_requests": 0}
    assert (first["version"], first["stack_status"]) == ("HEAD~1", "CREATE_COMPLETE")
    assert second == {
        "version": "hello",
        "stack_status": "UPDATE_COMPLETE",
        "seconds": 8.5,
        "hosts_started": 1,
        "hosts_stopped": 1,
        "requests": 425,
        "failed_requests": 0,
    }


def test_a_phase_that_did_not_end_took_null_seconds() -> None:
    seconds = as_json(FAILED)["seconds"]
    assert seconds["deploy"] == 1.5
    assert seconds["boot"] is None
    assert seconds["healthy_to_signal"] is None
