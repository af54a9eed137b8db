"""Ten rehearsals in a row on booted machines: each whole, none slow, nothing left by any."""

from __future__ import annotations

import os
import sys
from statistics import median

import pytest

from tests.harness.ended import Ended
from tests.harness.sandbox import Sandbox

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.timeout(900),  # the first test waits for all of them
]

TIMES = 10
MOST = 25.0
"""Seconds that hello may take end to end, with the image at hand and the machine idle."""

MOST_OF_BOOT = 3.0


@pytest.fixture(scope="module")
def row(stage: Sandbox) -> list[Ended]:
    """All of them, one after the other."""
    app = stage.app()
    return [stage.rehearse(app, "--json") for _ in range(TIMES)]


@pytest.mark.parametrize("number", range(TIMES))
def test_each_completes_by_one_success_and_leaves_nothing(row: list[Ended], number: int) -> None:
    ended = row[number]
    assert ended.code == 0, ended
    assert ended.report["stack_status"] == "CREATE_COMPLETE"
    assert ended.report["response_status"] == 200
    assert [signal["status"] for signal in ended.report["signals"]] == ["SUCCESS"]
    assert ended.left.nothing, ended.left


def test_it_takes_at_most_25_seconds_and_porters_share_of_the_boot_3(row: list[Ended]) -> None:
    totals = [ended.report["seconds"]["total"] for ended in row]
    shares = [ended.report["seconds"]["boot_share"] for ended in row]
    slowness = median(ended.slowness for ended in row)
    told = f"totals {totals}, boot shares {shares}, slowness {slowness:.2f}"
    sys.stderr.write(f"{told}\n")
    assert median(totals) <= MOST * slowness, told
    assert median(shares) <= MOST_OF_BOOT * slowness, told
