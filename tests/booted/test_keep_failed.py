"""`--keep-failed`: a host whose service failed keeps running."""

from __future__ import annotations

import signal

from tests.harness.conditions import boots
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once

pytestmark = [
    boots,
]

BROKEN = """\
import sys
sys.exit("the database has no such table: greetings")
"""


def test_a_failed_host_stays_up_shows_why_and_leaves_nothing(sandbox: Sandbox) -> None:
    app = synthesize_once(sandbox.app(service__main=BROKEN))
    process = sandbox.start(app, "--keep-failed", "--timeout", "240")
    there = sandbox.staying(process)
    assert "a shell on a host: porter rehearse shell" in there.err
    assert there.run("systemctl", "is-active", "porterd") == "active"
    logs = there.porter("logs").stdout
    for source in ("--- cloud-init-output.log", "--- apply.log", "--- journal"):
        assert source in logs
    assert "the database has no such table: greetings" in logs.partition("--- journal")[2]

    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    told = next(line for line in ended.out.splitlines() if line.startswith("signal FAILURE"))
    assert "web exited with code 1 (3 times)" in told
    assert "the database has no such table: greetings" in told
    assert ended.left.nothing, ended.left
