"""Machines at the same time: three in one rehearsal, and another rehearsal beside it."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from tests.harness.ended import Ended
from tests.harness.sandbox import Sandbox

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.usefixtures("_fast_synthesis"),
]

THREE = """\
import aws_cdk as cdk
from porter_cdk import HealthCheck, PorterHost, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Three")
PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
    host=PorterHost(stack, "Host", min_capacity=3),
)
app.synth()
"""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The rehearsal of three machines, and the one of one."""

    three: Ended
    one: Ended


@pytest.fixture(scope="module")
def pair(stage: Sandbox) -> Pair:
    """Both, side by side."""
    processes = [
        stage.start(stage.app("three", app=THREE), "--json"),
        stage.start(stage.app("one"), "--json"),
    ]
    one, three = [stage.end(process) for process in reversed(processes)]
    return Pair(three=three, one=one)


@pytest.mark.argument("PorterService(host=...)", "the service runs on the hosts it is given")
def test_three_machines_at_once_send_three_successes(pair: Pair) -> None:
    assert pair.three.code == 0, pair.three
    assert pair.three.report["stack_status"] == "CREATE_COMPLETE"
    signals = pair.three.report["signals"]
    assert [signal["status"] for signal in signals] == ["SUCCESS"] * 3
    assert len({signal["unique_id"] for signal in signals}) == 3


def test_a_rehearsal_beside_it_succeeds_too(pair: Pair) -> None:
    assert pair.one.code == 0, pair.one
    assert [signal["status"] for signal in pair.one.report["signals"]] == ["SUCCESS"]
    assert pair.one.report["url"] != pair.three.report["url"]


def test_after_the_last_of_them_nothing_is_left(pair: Pair) -> None:
    assert pair.three.left.nothing, pair.three.left
