"""`--stay`: the deployed app can be visited until Ctrl-C, which ends everything."""

from __future__ import annotations

import json
import re
import signal
import time
import urllib.request
from dataclasses import dataclass

import pytest

from tests.rehearsal.playground import Ended, Playground


@dataclass(frozen=True, kw_only=True)
class Visit:
    """The front page as long as it was up, and how the rehearsal ended then."""

    page: str
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
    process.send_signal(signal.SIGINT)
    return Visit(page=page, ended=playground.end(process, began))


def test_the_page_shows_region_and_instance_id_from_porterd(visit: Visit) -> None:
    [signalled] = json.loads(visit.ended.out)["signals"]
    assert "<dd>us-east-1</dd>" in visit.page
    assert f"<dd>{signalled['unique_id']}</dd>" in visit.page


def test_ctrl_c_takes_everything_down_and_exits_130(visit: Visit) -> None:
    assert visit.ended.code == 130
    assert "interrupted" in visit.ended.err
    assert visit.ended.processes == []
    assert visit.ended.files == []
