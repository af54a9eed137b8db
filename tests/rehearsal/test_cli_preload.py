"""The script that shortens the cdk CLI's polling, and no other timer."""

from __future__ import annotations

import subprocess
from pathlib import Path

import porter.rehearsal.cloud
from porter import toolchain

PRELOAD = Path(porter.rehearsal.cloud.__file__).with_name("cli_preload.cjs")


def _milliseconds(script: str) -> int:
    """Return how long `script` takes, without Node's own start."""
    timed = f"const began = Date.now(); await (async () => {{ {script} }})();"
    timed += " console.log(Date.now() - began)"
    argv = [str(toolchain.node()), "--require", str(PRELOAD)]
    argv += ["-e", f"(async () => {{ {timed} }})()"]
    return int(subprocess.run(argv, capture_output=True, check=True, timeout=60).stdout)


def test_sleeps_between_two_polls_are_short() -> None:
    assert _milliseconds("await new Promise(r => setTimeout(r, 5000))") < 4000


def test_other_timers_keep_their_time() -> None:
    assert _milliseconds("await new Promise(r => setTimeout(() => r(), 2000))") >= 1990
