"""`--stay`: the deployed app can be visited until Ctrl-C, which ends everything."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.rehearsal.playground import Ended, Playground


@dataclass(frozen=True, kw_only=True)
class Visit:
    """The front page as long as it was up, that of another host, and how the rehearsal ended."""

    page: str
    other: str
    logs: str
    ended: Ended


@pytest.fixture(scope="module")
def visit(playground: Playground) -> Visit:
    """Rehearse the template with --stay, visit it, press Ctrl-C."""
    began = time.monotonic()
    process = playground.start(playground.app(), "--stay", "--json")
    assert process.stderr is not None
    url = ""
    for line in process.stderr:
        found = re.search(r"the service: (\S+)", line)
        url = found[1] if found else url
        if "Ctrl-C" in line:
            break
    with urllib.request.urlopen(url, timeout=5) as answer:
        page = answer.read().decode()
    logs = _logs(playground)
    other = _after_its_host_died(playground, url, page)
    process.send_signal(signal.SIGINT)
    return Visit(page=page, other=other, logs=logs, ended=playground.end(process, began))


def _logs(playground: Playground) -> str:
    """What another terminal sees of the host."""
    environment = {**os.environ, "TMPDIR": str(playground.temporary)}
    argv = [sys.executable, "-m", "porter", "rehearse", "logs"]
    return subprocess.run(
        argv, capture_output=True, check=True, text=True, timeout=30, env=environment
    ).stdout


def _after_its_host_died(playground: Playground, url: str, page: str) -> str:
    """Kill process 1 of the host; the page of the one that comes in its place."""
    for number, words in playground.by_id().items():
        if "porter.rehearsal.machines.played.init" in words:
            os.kill(number, signal.SIGKILL)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            other: str = answer.read().decode()
            if other != page:
                return other
        time.sleep(0.2)
    return ""


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
    assert visit.ended.processes == []
    assert visit.ended.files == []
