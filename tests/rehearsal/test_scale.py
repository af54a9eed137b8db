"""`porter rehearse scale`: hosts are born and die under load, and no request fails."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Any

import pytest

from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import until
from tests.rehearsal.busy_service import busy_service
from tests.rehearsal.load import ended_hosts, steady_load

pytestmark = pytest.mark.machines

RATE = 20
"""Requests a second through the load balancer; each takes 0.2 s."""

DRAINED = 2
"""Hosts that leave."""

SERVICE = busy_service("""f"<dd>{os.environ['PORT']}</dd>".encode()""")


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """What `scale` printed, the load's result, the hosts that served, and logs of those gone."""

    said: list[str]
    refused: subprocess.CompletedProcess[str]
    load: dict[str, Any]
    served: set[str]
    drains: list[str]
    ends: list[str]
    programs: list[str]


@pytest.fixture(scope="module")
def scaled(sandbox: Sandbox) -> Scaled:
    """Scale the template out by two and in by two, under load."""
    app = synthesize_once(sandbox.app(service__main=SERVICE))
    process = sandbox.start(app, "--stay")
    there = sandbox.staying(process)
    with steady_load(there.url, RATE) as result:
        said = [there.porter("scale", "+2").stdout]
        served: set[str] = set()
        assert until(lambda: _sees(there, served, 3), 90 * slowness()), there.err
        said.append(there.porter("scale", "-2", "hello-service").stdout)
        assert until(lambda: len(_drained(sandbox)) == DRAINED, 90 * slowness()), _logs(
            sandbox, "*"
        )
        refused = there.porter("scale", "many")
        load = result()
        assert until(lambda: len(_running(sandbox)) == 1, 60 * slowness())
        drains, programs = _drained(sandbox), _logs(sandbox, "porter-web.service")
    ends = ended_hosts(process, DRAINED)
    return Scaled(
        said=said,
        refused=refused,
        load=load,
        served=served,
        drains=drains,
        ends=ends,
        programs=programs,
    )


def _sees(there: Staying, served: set[str], hosts: int) -> bool:
    served.add(there.page())
    served.discard("")
    return len(served) >= hosts


def _logs(sandbox: Sandbox, unit: str) -> list[str]:
    found = sandbox.temporary.glob(f"porter-rehearsal-*/host*/root/var/log/journal/{unit}.log")
    return [path.read_text() for path in found]


def _running(sandbox: Sandbox) -> list[int]:
    """Return process 1 of every host."""
    init = "porter.rehearsal.machines.played.init"
    return [number for number, words in sandbox.processes().items() if init in words]


def _drained(sandbox: Sandbox) -> list[str]:
    logs = _logs(sandbox, "porterd-drain.service")
    return [log for log in logs if "drained: Auto Scaling may terminate this host" in log]


def test_no_request_fails_while_two_hosts_come_and_two_go(scaled: Scaled) -> None:
    assert len(scaled.served) == 3
    assert scaled.load["failed"] == []
    assert scaled.load["sent"] > RATE


def test_a_host_that_goes_completes_its_hook_after_its_programs_have_stopped(
    scaled: Scaled,
) -> None:
    for log in scaled.drains:
        stages = ("waiting until the load balancers", "stopping what this host runs", "drained: ")
        assert sorted(map(log.index, stages)) == list(map(log.index, stages))


def test_the_rehearsal_that_stays_says_what_becomes_of_its_hosts(scaled: Scaled) -> None:
    assert [line.rpartition(": ")[2] for line in scaled.ends] == ["Terminated, drained"] * 2


def test_programs_get_sigterm_when_no_request_is_at_hand(scaled: Scaled) -> None:
    stopped = [line for log in scaled.programs for line in log.splitlines() if "SIGTERM" in line]
    assert stopped == ["SIGTERM with 0 requests at hand"] * 2


def test_scale_says_what_changes_and_refuses_what_is_no_size(scaled: Scaled) -> None:
    assert scaled.said == ["hello-service: 1 -> 3 hosts\n", "hello-service: 3 -> 1 hosts\n"]
    assert scaled.refused.returncode == 1
    assert "must be like +1, -1 or 3, got 'many'" in scaled.refused.stderr
