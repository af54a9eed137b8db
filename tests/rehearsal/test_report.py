"""The whole report as a terminal shows it."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from porter.rehearsal.cloud.emulator import Inert
from porter.rehearsal.story.not_exercised import NotExercised
from porter.rehearsal.story.report import Report
from porter.rehearsal.story.report_html import as_html
from porter.rehearsal.story.report_json import as_json
from porter.rehearsal.story.report_text import as_text
from porter.rehearsal.story.timeline import PHASES, Timeline
from tests.harness.golden import golden
from tests.harness.report_schema import SCHEMA, validate
from tests.rehearsal.reports import DONE, FAILED, UPDATED

GOLDEN = Path(__file__).with_name("golden")
NAMES_OF_SCHEMA_1 = """
    schema ok stack_status reason machine url response_status services signals seconds spans
    requests failed_requests updates listeners not_exercised failure
"""


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


def test_a_failure_after_every_phase_is_the_last_phases_own() -> None:
    """The stack completed, but the service answers 500, or requests were dropped."""
    timeline = Timeline(lambda _phase, _seconds: None)
    for phase in PHASES:
        timeline.end(phase)
    time.sleep(0.2)
    timeline.fail()
    spans = timeline.spans()
    assert [span.phase for span in spans if span.failed] == ["complete"]
    assert spans[-1].end >= 0.2


@pytest.mark.parametrize(
    ("name", "report"), [("done", DONE), ("failed", FAILED), ("updated", UPDATED)]
)
def test_the_json_of_a_report_keeps_every_name_and_meaning(name: str, report: Report) -> None:
    """Scripts read it: a golden file may gain names, and loses none without another `schema`."""
    found = as_json(report)
    validate(found)
    text = json.dumps(found, indent=2) + "\n"
    assert text == golden(GOLDEN / f"report_{name}.json", text)


def test_the_names_of_schema_1_stay_required() -> None:
    """A name that leaves this list breaks scripts that rely on schema 1."""
    schema = json.loads(SCHEMA.read_text())
    assert {*NAMES_OF_SCHEMA_1.split()} <= {*schema["required"]}
    assert schema["properties"]["schema"] == {"const": 1, **schema["properties"]["schema"]}
    failure = schema["properties"]["failure"]["oneOf"][1]
    assert {"phase", "reason", "last_check", "last_lines", "waits_for"} <= {*failure["required"]}


def test_a_report_is_coloured_for_terminals_alone() -> None:
    colored = as_text(FAILED, color=True)
    assert "\x1b[31mROLLBACK_COMPLETE\x1b[0m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == as_text(FAILED)


def test_the_page_needs_nothing_else_and_shows_text_as_text() -> None:
    """It opens from a mail or a CI artifact: no script, and no file or address besides it."""
    evil = replace(
        FAILED, reason="<script>alert(1)</script>", evidence={"a & b": ["<img src=x onerror=y>"]}
    )
    page = as_html(evil)
    assert "<script" not in page
    assert "<img" not in page
    assert re.findall(r'(?:src|href)="([^"]*)"|(url\(|@import)', page) == [
        ("http://127.0.0.1:20080/", "")
    ]
    assert "ROLLBACK_COMPLETE" in page
    assert page.count("<rect") == len(FAILED.spans)
    assert "prefers-color-scheme: dark" in page


def test_a_notebook_shows_the_same_page() -> None:
    shown = DONE._repr_html_()
    assert shown in as_html(DONE)
    assert "succeeded" in shown


def test_the_report_lists_what_was_not_exercised() -> None:
    database = Inert(stack="Shop", logical_id="Db", type="AWS::RDS::DBInstance", why="none runs")
    report = replace(DONE, not_exercised=NotExercised(resources=(database,), assets=("a",)))
    assert "not exercised:\n  AWS::RDS::DBInstance Shop/Db: none runs" in as_text(report)
    assert "not as deployed: a" in as_html(report)
    assert as_json(report)["not_exercised"]["resources"] == [
        {"stack": "Shop", "logical_id": "Db", "type": "AWS::RDS::DBInstance", "why": "none runs"}
    ]


def test_a_phase_that_did_not_end_took_null_seconds() -> None:
    seconds = as_json(FAILED)["seconds"]
    assert seconds["deploy"] == 1.5
    assert seconds["boot"] is None
    assert seconds["healthy_to_signal"] is None
