"""`porter destroy` waits for the drain of its hosts, and for no more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from porter.spec import DRAIN_HEARTBEAT_SECONDS
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import until

pytestmark = pytest.mark.machines

DRAIN_SECONDS = 30.0
"""The template's service stops at once; cdk, the balancers and the questions take the time."""


@pytest.fixture(scope="module")
def app(sandbox: Sandbox) -> Path:
    return synthesize_once(sandbox.app())


@pytest.mark.parametrize(
    ("alive", "least", "most"),
    [
        pytest.param(True, 0, DRAIN_SECONDS, id="alive"),
        pytest.param(
            False,
            DRAIN_HEARTBEAT_SECONDS - 2,
            DRAIN_HEARTBEAT_SECONDS + DRAIN_SECONDS,
            id="dead",
            marks=pytest.mark.exhaustive,
        ),
    ],
)
def test_destroy_takes_no_longer_than_a_drain_or_the_time_out_of_a_host_without_porterd(
    sandbox: Sandbox, app: Path, *, alive: bool, least: float, most: float
) -> None:
    process = sandbox.start(app, "--stay")
    there = sandbox.staying(process)
    (note,) = there.temporary.glob("porter-rehearsal-*/host*/group.json")
    for number, words in sandbox.processes().items():
        if "porter.daemon" in words and not alive:
            os.kill(number, signal.SIGSTOP)  # systemd would start a killed one again
    began = time.monotonic()
    done = _destroy(app, note)
    seconds = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    assert least <= seconds <= most * slowness(), done.stderr
    assert until(lambda: not note.exists(), 10 * slowness())
    process.terminate()
    _, err = process.communicate(timeout=60)
    how = "drained" if alive else "its lifecycle hook timed out"
    assert f"Terminated, {how}" in err


def _destroy(app: Path, note: Path) -> subprocess.CompletedProcess[str]:
    """Run `porter destroy` as a user of the embedded AWS."""
    place = json.loads(note.read_text())
    return subprocess.run(
        [sys.executable, "-m", "porter", "destroy", "--force"],
        cwd=app,
        env={
            **os.environ,
            "AWS_ENDPOINT_URL": place["endpoint"],
            "AWS_ACCESS_KEY_ID": place["account"],
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": place["region"],
            "CDK_VALIDATION": "false",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
