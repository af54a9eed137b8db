"""One stack, version after version, as a team lives with it: the issue's own story in one test."""

from __future__ import annotations

import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from porter.rehearsal.rehearse import Rehearsal, rehearsal
from porter.rehearsal.story.report import Report
from tests.rehearsal.playground import Playground

APP = """
import aws_cdk as cdk
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Versions")
service = PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
    timeout=cdk.Duration.seconds(120),
)
{more}
app.synth()
"""

SERVICE = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{version}")

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

BROKEN = """
import sys
sys.exit("version 3 lost its configuration")
"""


def _version(
    playground: Playground, name: str, *, service: str | None = None, more: str = ""
) -> Path:
    text = service or SERVICE.format(version=name)
    return playground.app(name, app=APP.format(more=more), service__main=text)


@contextmanager
def _answers(url: str) -> Iterator[set[str]]:
    """What a user of the service gets to see while the block runs."""
    seen: set[str] = set()
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.05):
            with urllib.request.urlopen(url, timeout=5) as answer:
                seen.add(answer.read().decode())

    user = threading.Thread(target=ask)
    user.start()
    try:
        yield seen
    finally:
        over.set()
        user.join(10)


@pytest.fixture
def stage(playground: Playground, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    """An embedded AWS for several versions."""
    monkeypatch.setattr(tempfile, "tempdir", str(playground.temporary))
    monkeypatch.setenv("CDK_VALIDATION", "false")  # seconds faster, and not what this is about
    with rehearsal(timeout=120) as stage:
        yield stage
    assert playground.processes() == []
    assert list(playground.temporary.iterdir()) == []


@pytest.mark.argument("Rollout.replacing()", "no request fails, neither by a broken release")
@pytest.mark.argument("PorterHost(rollout=...)", "hosts are replaced by it")
def test_no_request_fails_while_versions_come_and_a_broken_one_goes(
    playground: Playground, stage: Rehearsal
) -> None:
    assert_updates(playground, stage)


def assert_updates(playground: Playground, stage: Rehearsal) -> None:
    """v1, v2, v2 again, a new tag on its load balancer, a broken v3, v4."""
    v2 = _version(playground, "v2")
    tagged = "cdk.Tags.of(service.load_balancer).add('team', 'blue')"
    v2_tagged = _version(playground, "v2tagged", more=tagged, service=SERVICE.format(version="v2"))

    first = stage.deploy(_version(playground, "v1"))
    _assert_complete(first, "CREATE_COMPLETE", started=1, stopped=0)
    assert first.url
    second = stage.deploy(v2)
    _assert_complete(second, "UPDATE_COMPLETE", started=1, stopped=1)
    unchanged = stage.deploy(v2)
    _assert_complete(unchanged, "UPDATE_COMPLETE", started=0, stopped=0)
    elsewhere = stage.deploy(v2_tagged)
    _assert_complete(elsewhere, "UPDATE_COMPLETE", started=0, stopped=0)

    with _answers(first.url) as seen:
        broken = stage.deploy(_version(playground, "v3", service=BROKEN))
    assert not broken.ok
    assert broken.stack_status == "UPDATE_ROLLBACK_COMPLETE"
    assert broken.reason.startswith("ServiceHostWaitCondition")
    assert "version 3 lost its configuration" in broken.reason
    assert any("version 3 lost its configuration" in "".join(x) for x in broken.evidence.values())
    assert (broken.hosts_started, broken.hosts_stopped) == (1, 0)
    assert seen == {"v2"}

    last = stage.deploy(_version(playground, "v4"))
    _assert_complete(last, "UPDATE_COMPLETE", started=1, stopped=1)
    with urllib.request.urlopen(first.url, timeout=5) as answer:
        assert answer.read() == b"v4"

    updates = [second, unchanged, elsewhere, broken, last]
    assert sum(update.failed_requests for update in updates) == 0
    for update in updates:
        assert update.requests > 30 * update.total  # 50 a second, less what a busy machine takes


def _assert_complete(report: Report, status: str, *, started: int, stopped: int) -> None:
    assert report.ok, (report.reason, report.evidence)
    assert report.stack_status == status
    assert (report.hosts_started, report.hosts_stopped) == (started, stopped)
    assert len(report.signals) == started  # whoever is new signals, and nobody else
    assert report.response_status == 200
