"""`--stay`: the deployed app answers until Ctrl-C, which ends everything."""

from __future__ import annotations

import json
import os
import re
import signal
from dataclasses import dataclass

import pytest

from tests.harness.ended import Ended
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import until


@dataclass(frozen=True, kw_only=True)
class Visit:
    """The front page, the page of the replacement, the logs, and the end of the rehearsal."""

    page: str
    other: str
    logs: str
    ended: Ended


@pytest.fixture(scope="module")
def visit(sandbox: Sandbox) -> Visit:
    """Rehearse the template with --stay, visit its hosts, and press Ctrl-C."""
    process = sandbox.start(synthesize_once(sandbox.app()), "--stay", "--json")
    there = sandbox.staying(process)
    page = there.page()
    logs = there.porter("logs").stdout
    other = _after_its_host_died(sandbox, there)
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    return Visit(page=page, other=other, logs=logs, ended=ended)


def _after_its_host_died(sandbox: Sandbox, there: Staying) -> str:
    """Kill process 1 of the host; return the page of the new host.

    The page has no instance id while porterd starts.
    """
    first = there.instance()
    for number, words in sandbox.processes().items():
        if "porter.rehearsal.machines.played.init" in words:
            os.kill(number, signal.SIGKILL)
    until(lambda: there.instance() not in ("", first), 30 * slowness())
    return there.page()


def test_the_page_shows_region_and_instance_id_from_porterd(visit: Visit) -> None:
    [signalled] = json.loads(visit.ended.out)["signals"]
    assert "<dd>us-east-1</dd>" in visit.page
    assert f"<dd>{signalled['unique_id']}</dd>" in visit.page


def test_a_host_whose_process_1_was_killed_is_replaced(visit: Visit) -> None:
    first, second = (
        re.findall(r"<dd>(i-[0-9a-f]{17})</dd>", page) for page in (visit.page, visit.other)
    )
    assert len(first) == len(second) == 1
    assert first != second


def test_logs_shows_what_a_host_wrote(visit: Visit) -> None:
    assert "--- cloud-init-output.log" in visit.logs
    assert "--- porterd.service.log" in visit.logs


def test_ctrl_c_takes_everything_down_and_exits_130(visit: Visit) -> None:
    assert visit.ended.code == 130
    assert "interrupted" in visit.ended.err
    assert visit.ended.left.nothing, visit.ended.left
