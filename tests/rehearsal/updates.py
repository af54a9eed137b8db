"""One stack through several versions, as a team deploys it."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from porter.rehearsal.rehearse import Rehearsal
from porter.rehearsal.story.report import Report
from tests.harness.prober import Prober
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once

APP = """
import aws_cdk as cdk
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Versions")
service = PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
    timeout=cdk.Duration.seconds(120),{props}
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

ThreadingHTTPServer.request_queue_size = 128  # with five, a busy machine refuses connections
ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

BROKEN = """
import sys
sys.exit("version 3 lost its configuration")
"""


def version(
    sandbox: Sandbox, name: str, *, service: str | None = None, more: str = "", props: str = ""
) -> Path:
    """Return a folder with the app of one version; `more` are lines of `app.py`."""
    text = service or SERVICE.format(version=name)
    return synthesize_once(
        sandbox.app(name, app=APP.format(more=more, props=props), service__main=text)
    )


def page(url: str | None) -> str:
    """Return what the service at `url` says."""
    with urllib.request.urlopen(url or "", timeout=30) as answer:
        page: str = answer.read().decode()
    return page


def assert_updates(sandbox: Sandbox, stage: Rehearsal) -> None:
    """Deploy v1, v2, v2 again, v2 with a new tag on its load balancer, a broken v3, and v4."""
    v2 = version(sandbox, "v2")
    tagged = "cdk.Tags.of(service.load_balancer).add('team', 'blue')"
    v2_tagged = version(sandbox, "v2tagged", more=tagged, service=SERVICE.format(version="v2"))

    first = stage.deploy(version(sandbox, "v1"))
    _assert_complete(first, "CREATE_COMPLETE", started=1, stopped=0)
    assert first.url
    second = stage.deploy(v2)
    _assert_complete(second, "UPDATE_COMPLETE", started=1, stopped=1)
    unchanged = stage.deploy(v2)
    _assert_complete(unchanged, "UPDATE_COMPLETE", started=0, stopped=0)
    elsewhere = stage.deploy(v2_tagged)
    _assert_complete(elsewhere, "UPDATE_COMPLETE", started=0, stopped=0)

    with Prober(lambda: page(first.url), good="v2".__eq__) as prober:
        broken = stage.deploy(version(sandbox, "v3", service=BROKEN))
    assert not broken.ok
    assert broken.stack_status == "UPDATE_ROLLBACK_COMPLETE"
    assert broken.reason.startswith("ServiceHostWaitCondition")
    assert "version 3 lost its configuration" in broken.reason
    assert any("version 3 lost its configuration" in "".join(x) for x in broken.evidence.values())
    assert (broken.hosts_started, broken.hosts_stopped) == (1, 0)
    assert prober.asked > 0
    assert prober.failures == []

    last = stage.deploy(version(sandbox, "v4"))
    _assert_complete(last, "UPDATE_COMPLETE", started=1, stopped=1)
    assert page(first.url) == "v4"

    updates = [second, unchanged, elsewhere, broken, last]
    assert sum(update.failed_requests for update in updates) == 0
    for update in updates:
        assert update.requests > 30 * update.total  # 50 a second, fewer on a busy machine


def _assert_complete(report: Report, status: str, *, started: int, stopped: int) -> None:
    assert report.ok, (report.reason, report.evidence)
    assert report.stack_status == status
    assert (report.hosts_started, report.hosts_stopped) == (started, stopped)
    assert len(report.signals) == started  # every new host signals, and no other
    assert report.response_status == 200
