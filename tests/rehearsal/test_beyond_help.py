"""A sick host has itself replaced; of hosts that are all sick, one, and none leaves before."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import pytest

from tests.daemon.loopback import Handler, Server, running
from tests.harness.effort import repeats
from tests.harness.sandbox import TEMPLATE, Sandbox
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import until
from tests.rehearsal.groups import Group
from tests.rehearsal.load import steady_load

pytestmark = [pytest.mark.machines, pytest.mark.timeout(1200)]

RATE = 20
EVERYBODY = "everybody"
HEALTH = 'health_check=HealthCheck("/health"),'
SOON = """health_check=HealthCheck("/health", start_seconds=10, unhealthy_seconds=1),
    min_capacity=2,"""
APP = (TEMPLATE / "app.py").read_text().replace(HEALTH, SOON)
MAIN = """\
import os, urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = os.environ["PORT"]

def sick():
    with urllib.request.urlopen("CONTROL", timeout=1) as answer:
        return answer.read().decode() in (PORT, "EVERYBODY")

class Server(ThreadingHTTPServer):
    request_queue_size = 128

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = PORT.encode()
        self.send_response(500 if self.path == "/health" and sick() else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

Server(("127.0.0.1", int(PORT)), Handler).serve_forever()
"""


class Control(Server):
    """Tells every service who is `sick`: nobody, the one on a port, or everybody."""

    def __init__(self) -> None:
        handler: type[BaseHTTPRequestHandler] = ControlHandler
        super().__init__(handler)
        self.sick = ""


class ControlHandler(Handler):
    """The handler of a `Control`."""

    server: Control

    def do_GET(self) -> None:  # noqa: N802 - the base class names it
        """Say it."""
        self.answer(200, self.server.sick.encode())


@dataclass
class Play:
    """A rehearsal of two hosts."""

    there: Staying
    group: Group
    control: Control

    def serving(self) -> str:
        """Return the port of one service that the load balancer sends a request to."""
        with urllib.request.urlopen(self.there.url, timeout=5) as answer:
            return str(answer.read().decode())

    def unhealthy(self) -> list[str]:
        """Return the hosts that called themselves unhealthy."""
        instances = self.group.instances()
        return [one for one, (_, health) in instances.items() if health == "Unhealthy"]


@pytest.fixture
def play(sandbox: Sandbox) -> Iterator[Play]:
    """Two hosts whose service is healthy."""
    with running(control := Control()):
        main = MAIN.replace("EVERYBODY", EVERYBODY).replace(
            "CONTROL", f"http://127.0.0.1:{control.port}/"
        )
        app = synthesize_once(sandbox.app(app=APP, service__main=main))
        process = sandbox.start(app, "--stay")
        there = sandbox.staying(process)
        group = Group.below(there.temporary)
        assert len(group.in_service()) == 2
        try:
            yield Play(there, group, control)
        finally:
            process.terminate()
            process.communicate(timeout=60)


def test_one_sick_host_is_replaced_and_no_request_fails(play: Play) -> None:
    before = set(play.group.in_service())
    with steady_load(play.there.url, RATE) as result:
        play.control.sick = play.serving()
        assert until(
            lambda: (
                len(before & set(play.group.instances())) == 1 and len(play.group.in_service()) == 2
            ),
            240 * slowness(),
        ), play.group.instances()
        load = result()
    assert load["failed"] == []
    assert len(play.group.activities()) == 4, "two hosts were launched, then one, and one ended"


@pytest.mark.exhaustive
def test_of_hosts_that_are_all_sick_one_is_replaced_when_the_outage_is_over(play: Play) -> None:
    before = set(play.group.in_service())
    play.control.sick = EVERYBODY
    assert until(play.unhealthy, 240 * slowness())
    (ill,) = play.unhealthy()
    ends = time.monotonic() + repeats(ci=60, all=600)
    while time.monotonic() < ends:
        assert play.unhealthy() == [ill], "one at a time"
        assert before <= set(play.group.in_service()), "nobody leaves before a replacement comes"
        assert len(play.group.instances()) <= 3
        time.sleep(0.5)
    play.control.sick = ""
    assert until(
        lambda: len(play.group.instances()) == 2 and not play.unhealthy(), 240 * slowness()
    ), play.group.instances()
    assert before - {ill} <= set(play.group.in_service()), "the other one has recovered"
