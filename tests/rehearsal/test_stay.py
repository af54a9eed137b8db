"""`--stay`: the deployed app answers until Ctrl-C, which ends everything."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
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
    """What was printed, the front page, that of the replacement, logs, porterd's page, the end."""

    said: str
    page: str
    other: str
    logs: str
    host_page: str
    ended: Ended


@pytest.fixture(scope="module")
def visit(sandbox: Sandbox) -> Visit:
    """Rehearse the template with --stay, visit its hosts, and press Ctrl-C."""
    process = sandbox.start(synthesize_once(sandbox.app()), "--stay", "--json")
    there = sandbox.staying(process)
    page = there.page()
    logs = there.porter("logs", "hello-service").stdout
    host_page = there.porter("open", "--print", "hello-service").stdout.strip()
    with urllib.request.urlopen(host_page, timeout=30) as answer:
        host_page = answer.read().decode()
    other = _after_its_host_died(sandbox, there)
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    return Visit(
        said=there.err, page=page, other=other, logs=logs, host_page=host_page, ended=ended
    )


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


def test_open_leads_to_the_page_of_the_host(visit: Visit) -> None:
    """HAProxy's server is on it: porterd reads the statistics of a played host, too."""
    assert "<h1>hello-service</h1>" in visit.host_page
    assert "gets requests" in visit.host_page


def test_the_users_own_aws_tools_get_their_variables(visit: Visit) -> None:
    exported = dict(re.findall(r"(?m)^  export (\w+)=(\S+)$", visit.said))
    assert exported["AWS_ENDPOINT_URL"].startswith("http://localhost:")
    assert (exported["AWS_REGION"], exported["AWS_DEFAULT_REGION"]) == ("us-east-1", "us-east-1")
    assert re.fullmatch(r"\d{12}", exported["AWS_ACCESS_KEY_ID"])
    assert exported["AWS_SECRET_ACCESS_KEY"]
    assert json.loads(visit.ended.out)["url"] in visit.said


def test_ctrl_c_takes_everything_down_and_exits_130(visit: Visit) -> None:
    assert visit.ended.code == 130
    assert "interrupted" in visit.ended.err
    assert visit.ended.left.nothing, visit.ended.left
