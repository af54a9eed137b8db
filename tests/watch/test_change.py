"""The lines of `--watch` are those in docs/how-to/develop-with-watch.md."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from porter.rehearsal.watch.change import NOTHING_YET, Action, Change
from tests.harness.report_schema import CHANGE, validate

PAGE = Path(__file__).parents[2] / "docs/how-to/develop-with-watch.md"
HELLO = ("hello-service",)
MAIN = ("service/main.py",)


@pytest.mark.parametrize(
    "change",
    [
        Change(saved=MAIN, action=Action.HOT_APPLY, ok=True, seconds=1.4, services=HELLO, hosts=1),
        Change(saved=MAIN, action=Action.HOT_APPLY, ok=True, seconds=1.4, services=HELLO, hosts=2),
        Change(saved=("README.md",), action=Action.NOTHING, ok=True, seconds=4.1),
        Change(saved=MAIN, action=Action.HOT_APPLY, ok=False, seconds=2.1),
        Change(saved=("app.py",), action=Action.SYNTHESIS, ok=False, seconds=3.0),
    ],
)
def test_the_how_to_explains_each_line(change: Change) -> None:
    assert change.as_text() in PAGE.read_text()


@pytest.mark.parametrize("action", Action)
def test_each_line_of_the_stream_follows_the_published_schema(action: Action) -> None:
    change = Change(saved=MAIN, action=action, ok=False, seconds=2.1, lines=("Traceback",))
    validate(json.loads(json.dumps(change.as_json())), CHANGE)


def test_the_schema_explains_every_name_and_no_other() -> None:
    schema = json.loads(CHANGE.read_text("utf-8"))["properties"]["change"]
    names = {one.name for one in fields(Change)}
    assert {*schema["properties"]} == {*schema["required"]} == names


def test_a_failure_shows_its_reason_and_the_last_lines() -> None:
    change = Change(
        saved=MAIN,
        action=Action.HOT_APPLY,
        ok=False,
        seconds=2.1,
        reason="does not stay up\n  where: web",
        lines=("Traceback",),
    )
    assert change.as_text().splitlines()[1:] == [
        *("    does not stay up", "      where: web", "    Traceback")
    ]


def test_a_deployment_says_why_and_only_an_old_version_serves_on() -> None:
    why = "the template changes: Hello/Table (AWS::DynamoDB::Table)"
    failed = Change(saved=("app.py",), action=Action.DEPLOYMENT, ok=False, seconds=31, why=why)
    assert failed.as_text() == (
        f"app.py: deployment failed after 31.0 s, because {why}; the old version serves"
    )
    first = Change(saved=MAIN, action=Action.DEPLOYMENT, ok=False, seconds=31, why=NOTHING_YET)
    assert first.as_text().endswith(NOTHING_YET)


def test_hosts_that_have_it_are_told_apart_from_those_that_refused_it() -> None:
    change = Change(
        saved=tuple("abcde"),
        action=Action.HOT_APPLY,
        ok=False,
        seconds=2.1,
        services=HELLO,
        hosts=1,
        reason="hello-service i-0123: does not stay up",
    )
    assert change.as_text().splitlines() == [
        "a, b, c and 2 more: hot apply to 1 host of hello-service in 2.1 s, but:",
        "    hello-service i-0123: does not stay up",
    ]
