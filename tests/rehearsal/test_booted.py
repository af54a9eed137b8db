"""`--machine systemd`: the ten-line app on a booted machine, visited, killed, replaced, ended."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.harness.ended import Ended
from tests.harness.sandbox import Sandbox, a_sandbox
from tests.harness.staying import Staying
from tests.harness.traces import rehearsals_in, until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root")

MOST = 25.0
"""Seconds a warm rehearsal may take: told, not asserted, since the machine may be busy."""

REPLACED_SECONDS = 180.0
"""Until another host serves: a boot with its packages, beside whatever else there is."""


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What was seen of a rehearsal while it stayed, and how it ended."""

    report: Any
    page: str
    logs: str
    state: str
    noticed: str
    replaced: tuple[str, str]
    signalled: str
    name: str
    ended: Ended


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Every rehearsal in it boots its machines."""
    with a_sandbox("--machine", "systemd") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def visit(sandbox: Sandbox) -> Visit:
    """The one rehearsal that every test looks at."""
    process = sandbox.start(sandbox.app(), "--stay", "--json", "--timeout", "120")
    there = sandbox.staying(process)
    [name] = rehearsals_in(sandbox.temporary)
    page, first = there.page(), there.instance()
    logs = _see(there, "logs", first)
    state = _see(there, "shell", first, "--", "systemctl", "is-system-running")
    there.porter("notice", first, "spot-interruption")
    noticed = _see(there, "shell", first, "--", "sh", "-c", SPOT)
    there.porter("shell", first, "--", "systemctl", "poweroff", "--force", "--force")
    second = _replacement(there, first)
    signalled = _signalled(there)
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    return Visit(
        report=json.loads(ended.out),
        page=page,
        logs=logs,
        state=state,
        noticed=noticed,
        replaced=(first, second),
        signalled=signalled,
        name=name,
        ended=ended,
    )


SPOT = """\
base=http://169.254.169.254/latest
token=$(curl -s -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $base/api/token)
curl -s -H "X-aws-ec2-metadata-token: $token" $base/meta-data/spot/instance-action
"""


def _see(there: Staying, *words: str) -> str:
    done = there.porter(*words)
    return (done.stdout + done.stderr).strip()


def _replacement(there: Staying, old: str) -> str:
    """The instance that answers in place of `old`."""
    assert until(lambda: there.instance() not in ("", old), REPLACED_SECONDS)
    return there.instance()


def _signalled(there: Staying) -> str:
    """The state of the newest instance's signal, once its gate has closed."""
    until(lambda: there.service()["signal"]["state"] not in ("none", "intended"), 30)
    return str(there.service()["signal"]["state"])


def test_it_completes_through_exactly_one_success_signal(visit: Visit) -> None:
    assert visit.report["ok"], visit.report
    assert visit.report["machine"] == "systemd"
    assert visit.report["stack_status"] == "CREATE_COMPLETE"
    assert [signal["status"] for signal in visit.report["signals"]] == ["SUCCESS"]


def test_the_page_is_answered_through_the_load_balancer(visit: Visit) -> None:
    assert visit.report["response_status"] == 200
    assert f"<dd>{visit.replaced[0]}</dd>" in visit.page


def test_porters_own_share_of_the_boot_is_at_most_three_seconds(
    visit: Visit, record_property: Callable[[str, object], None]
) -> None:
    seconds = visit.report["seconds"]
    record_property("total", seconds["total"])
    sys.stderr.write(f"booted: {seconds['total']} s, of which {MOST} s may pass when it is warm\n")
    assert 0 < seconds["boot_share"] <= 3


def test_the_machine_runs_and_nothing_on_it_failed(visit: Visit) -> None:
    assert visit.state == "running"


def test_its_logs_are_cloud_inits_porters_own_and_the_journal(visit: Visit) -> None:
    assert "--- cloud-init-output.log" in visit.logs
    assert "--- apply.log" in visit.logs
    assert "Started porter-web.service" in visit.logs.partition("--- journal")[2]


def test_a_notice_reaches_it_through_its_metadata(visit: Visit) -> None:
    assert json.loads(visit.noticed)["action"] == "terminate"


def test_an_instance_that_ended_is_replaced_and_finds_its_handle_used(visit: Visit) -> None:
    first, second = visit.replaced
    assert first != second
    assert visit.signalled == "sent"  # S3 takes it as long as the URL is good


def test_nothing_is_left_on_the_machine_that_rehearsed(visit: Visit) -> None:
    assert visit.ended.code == 130
    assert visit.ended.left.nothing, visit.ended.left
    assert visit.name not in Path("/proc/self/mountinfo").read_text()
