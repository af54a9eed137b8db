"""`--machine systemd`: the ten-line app on a booted machine, visited, killed, replaced, ended."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsal.playground import Ended, Playground

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


class Visitor:
    """Another terminal."""

    def __init__(self, playground: Playground) -> None:
        self._environment = {**os.environ, "TMPDIR": str(playground.temporary)}

    def see(self, *words: str) -> str:
        """What `porter rehearse WORDS` prints."""
        argv = [sys.executable, "-m", "porter", "rehearse", *words]
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=self._environment,
            stdin=subprocess.DEVNULL,
        )
        return (done.stdout + done.stderr).strip()


@pytest.fixture(scope="module")
def visit(playground: Playground) -> Visit:
    """The one rehearsal that every test looks at."""
    began = time.monotonic()
    process = playground.start(
        playground.app(), "--machine", "systemd", "--stay", "--json", "--timeout", "120"
    )
    try:
        told = _until_it_stays(process)
        url = re.search(r"the service: (\S+)", told)
        assert url, told
        there = Visitor(playground)
        [folder] = playground.temporary.glob("porter-rehearsal-*")
        name = folder.name.rpartition("-")[2]
        page = _page(url[1])
        first = _who(page)
        logs = there.see("logs", first)
        state = there.see("shell", first, "--", "systemctl", "is-system-running")
        there.see("notice", first, "spot-interruption")
        noticed = there.see("shell", first, "--", "sh", "-c", SPOT)
        there.see("shell", first, "--", "systemctl", "poweroff", "--force", "--force")
        second = _replacement(first, url[1])
        signalled = _signalled(there, second)
        process.send_signal(signal.SIGINT)
        ended = playground.end(process, began)
    finally:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)
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


def _until_it_stays(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    told = ""
    for line in process.stderr:
        told += line
        if "Ctrl-C" in line:
            break
    return told


def _page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        page: str = answer.read().decode()
    return page


def _who(page: str) -> str:
    """The instance that answered."""
    found = re.search(r"<dd>(i-[0-9a-f]{17})</dd>", page)
    return found[1] if found else ""


def _replacement(old: str, url: str) -> str:
    """The instance that answers in place of `old`."""
    end = time.monotonic() + REPLACED_SECONDS
    while time.monotonic() < end:
        with suppress(OSError):  # 503, while there is none
            new = _who(_page(url))
            if new not in ("", old):
                return new
        time.sleep(0.5)
    raise AssertionError("no other instance answers")


def _signalled(there: Visitor, instance: str) -> str:
    """What became of the signal of `instance`, once its gate has closed."""
    state = "none"
    end = time.monotonic() + 30
    while state in ("none", "intended") and time.monotonic() < end:
        time.sleep(0.5)
        url = "http://127.0.0.1:3001/v1/service"
        state = json.loads(there.see("shell", instance, "--", "curl", "-s", url))["signal"]["state"]
    return state


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
    assert visit.ended.processes == []
    assert visit.ended.files == []
    assert list(Path("/run/netns").glob(f"porter-{visit.name}*")) == []
    assert list(Path("/sys/fs/cgroup").glob(f"*/porter-{visit.name}*")) == []
    assert visit.name not in Path("/proc/self/mountinfo").read_text()
