"""One rehearsal whose service reports the effect of each argument."""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from porter.rehearsal.rehearse import rehearse
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.synthesis import synthesize_once

pytestmark = pytest.mark.timing

APP = """
import aws_cdk as cdk
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Hello")
PorterService(
    stack, "Service",
    run=Process(
        ["python3", "main.py", "--colour", "blue"], source="service", port=8123,
        environment={"COLOUR": "blue"}, exclude=["*.log"],
    ),
    health_check=HealthCheck(
        "/up?deep=1&it's=$5", interval_seconds=0.5, timeout_seconds=1.5, healthy_threshold=4
    ),
    environment_name="prod",
    workers={"ticker": Process(["python3", "main.py", "ticker"], source="service")},
)
app.synth()
"""

SERVICE = """
import glob, json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

if sys.argv[1:] == ["ticker"]:
    time.sleep(3600)

checks = []

def command(name):
    try:
        return open(name).read()
    except OSError:  # it has ended since
        return ""

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        # The load balancer's own checks have no such header.
        if self.path == "/up?deep=1&it's=$5" and self.headers["Accept-Encoding"] == "identity":
            checks.append(time.monotonic())
            if len(checks) == 1:
                time.sleep(2)  # longer than the check's time-out
        said = {
            "argv": sys.argv[1:], "files": sorted(os.listdir()), "port": os.environ["PORT"],
            "colour": os.environ["COLOUR"], "environment": os.environ["PORTER_ENVIRONMENT"],
            "checks": checks,
            "processes": [command(name) for name in glob.glob("/proc/[0-9]*/cmdline")],
        } if self.path == "/" else {}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def seen() -> Iterator[Any]:
    """The running service's report about itself."""
    with tempfile.TemporaryDirectory(prefix="pa") as folder, pytest.MonkeyPatch.context() as patch:
        sandbox = Sandbox(Path(folder))
        app = sandbox.app("observed", app=APP, service__main=SERVICE)
        (app / "service" / "debug.log").write_text("never mind\n")
        synthesize_once(app)
        patch.setattr(tempfile, "tempdir", str(sandbox.temporary))
        with rehearse(app, timeout=120) as report:
            assert report.ok, (report.reason, report.evidence)
            [moved] = report.ports.values()
            with urllib.request.urlopen(f"http://127.0.0.1:{moved[80]}/", timeout=5) as answer:
                yield {**json.load(answer), "moved": moved}


@pytest.mark.argument("PorterService(run=...)", "the program answers through HAProxy")
@pytest.mark.argument("Process(command=...)", "the process has these arguments")
def test_the_command_is_what_runs(seen: Any) -> None:
    assert seen["argv"] == ["--colour", "blue"]


@pytest.mark.argument(
    "Process(source=...)", "the folder's files are in the process's working directory"
)
@pytest.mark.argument("Process(exclude=...)", "files that match are not on the host")
def test_the_folder_arrives_without_excluded_files(seen: Any) -> None:
    assert "main.py" in seen["files"]
    assert "debug.log" not in seen["files"]


@pytest.mark.argument("Process(environment=...)", "the process has the variable")
def test_the_environment_arrives(seen: Any) -> None:
    assert seen["colour"] == "blue"


@pytest.mark.argument("PorterHost(environment_name=...)", "programs have the name in a variable")
def test_the_name_of_the_environment_arrives(seen: Any) -> None:
    assert seen["environment"] == "prod"


@pytest.mark.argument(
    "Process(port=...)", "`$PORT` is the port, and HAProxy's requests arrive there"
)
def test_haproxy_connects_to_the_port(seen: Any) -> None:
    assert seen["port"] == str(seen["moved"].get(8123, 8123))


@pytest.mark.argument("PorterHost(workers=...)", "the worker runs beside the service")
def test_the_worker_runs(seen: Any) -> None:
    assert [line for line in seen["processes"] if line.endswith("main.py\0ticker\0")]


@pytest.mark.argument("PorterService(health_check=...)", "porterd asks the service")
@pytest.mark.argument("HealthCheck(path=...)", "porterd asks for this path")
@pytest.mark.argument(
    "HealthCheck(healthy_threshold=...)", "SUCCESS needs that many successes in a row"
)
def test_success_needs_healthy_threshold_checks(seen: Any) -> None:
    """The first check takes too long, so it does not count."""
    assert len(seen["checks"]) >= 1 + 4


@pytest.mark.argument("HealthCheck(timeout_seconds=...)", "a slower answer does not count")
def test_a_slow_answer_is_a_failed_check(seen: Any) -> None:
    first, second = seen["checks"][:2]
    assert 1.4 <= second - first < 3.5 * slowness()


@pytest.mark.argument("HealthCheck(interval_seconds=...)", "checks come this far apart")
def test_checks_come_in_their_interval(seen: Any) -> None:
    pauses = [b - a for a, b in zip(seen["checks"][1:], seen["checks"][2:], strict=False)]
    assert min(pauses) >= 0.4
    assert min(pauses) < 1.0 * slowness()
