"""The script that shortens the cdk CLI's polling, and no other timer."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import porter.rehearsal.cloud
from porter import toolchain

PRELOAD = Path(porter.rehearsal.cloud.__file__).with_name("cli_preload.cjs")


def _run(script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [str(toolchain.node()), "--require", str(PRELOAD), "-e", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )


def test_sleeps_between_two_polls_are_short() -> None:
    began = time.monotonic()
    with _run("(async () => { await new Promise(r => setTimeout(r, 5000)); })()") as node:
        assert node.wait(4) == 0
    assert time.monotonic() - began < 4


def test_other_timers_keep_their_time() -> None:
    script = """
        const began = Date.now();
        setTimeout(() => console.log(Date.now() - began), 2000);
    """
    with _run(script) as node:
        assert node.wait(10) == 0
        assert node.stdout is not None
        assert int(node.stdout.read()) >= 1990
