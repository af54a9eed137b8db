"""A program that hangs is restarted on its host; a host that is killed is replaced."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.harness.sandbox import TEMPLATE, Sandbox
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import until

pytestmark = pytest.mark.machines

SERVICE = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

broken = False

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        global broken
        broken = broken or self.path == "/break"
        body = f"<dd>{os.getcwd()} {os.getpid()}</dd>".encode()
        self.send_response(500 if broken else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
APP = (TEMPLATE / "app.py").read_text().replace('"/health"', '"/health", unhealthy_seconds=2')


@dataclass(frozen=True, kw_only=True)
class Lived:
    """Who answered: at first, after the program hung, after the kill; what was said meanwhile.

    An answer is the program's folder, which each host has for itself, and its process.
    """

    first: str
    restarted: str
    replaced: str
    restarts: list[str]
    killed: str
    no_such: str
    progress: str


def _answered_by_another(there: Staying, before: str) -> str:
    found = [before]

    def another() -> bool:
        found.append(there.page())
        return found[-1] not in ("", before)

    assert until(another, 90 * slowness()), there.err
    return found[-1]


def _restarts(sandbox: Sandbox) -> list[str]:
    logs = "porter-rehearsal-*/host*/root/var/log/journal/porterd-restart.service.log"
    found = [path.read_text() for path in sandbox.temporary.glob(logs)]
    return [line for text in found for line in text.splitlines() if "found unhealthy" in line]


@pytest.fixture(scope="module")
def lived(sandbox: Sandbox) -> Iterator[Lived]:
    """Break the service, and later kill its host."""
    process = sandbox.start(synthesize_once(sandbox.app(app=APP, service__main=SERVICE)), "--stay")
    there = sandbox.staying(process)
    first = there.page()
    with suppress(OSError):
        urllib.request.urlopen(f"{there.url}break", timeout=10)
    restarted = _answered_by_another(there, first)
    restarts = _restarts(sandbox)
    killed = there.porter("kill", "hello-service").stdout
    replaced = _answered_by_another(there, restarted)
    no_such = there.porter("kill", "nobody").stderr
    process.terminate()
    _, progress = process.communicate(timeout=60 * slowness())
    yield Lived(
        first=first,
        restarted=restarted,
        replaced=replaced,
        restarts=restarts,
        killed=killed,
        no_such=no_such,
        progress=progress,
    )
    assert sandbox.processes() == {}


def test_a_program_that_hangs_is_restarted_once_on_its_own_host(lived: Lived) -> None:
    assert lived.first.split()[0] == lived.restarted.split()[0], "another host serves"
    assert len(lived.restarts) == 1
    assert lived.restarts[0].endswith("restarted web, which porterd found unhealthy")


def test_a_host_that_is_killed_is_replaced_and_the_rehearsal_says_so(lived: Lived) -> None:
    assert lived.killed.endswith("is killed; its Auto Scaling group replaces it\n")
    assert lived.replaced.split()[0] != lived.restarted.split()[0]
    assert "ended by itself" in lived.progress


def test_nobody_else_is_killed(lived: Lived) -> None:
    assert "there is no instance or service nobody" in lived.no_such
