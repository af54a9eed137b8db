"""The cache of builds: whole results alone, one builder at a time, and a bound."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.packing import cache
from tests.cdk.built import COUNTED, payload_of, runs, service, shell
from tests.harness.slowness import slowness

pytestmark = pytest.mark.usefixtures("build_cache")


def test_a_damaged_result_is_made_again(buildable: Path, tmp_path: Path, build_cache: Path) -> None:
    """A crash of the machine may leave files empty that were written just before."""
    service(buildable, shell("echo content > made"))
    [made] = build_cache.rglob("made")
    for key in list(cache._held):
        os.close(cache._held.pop(key))
    made.write_bytes(b"")
    assert payload_of(service(buildable, shell("echo content > made")))["made"] == b"content\n"
    assert runs(tmp_path) == 2


SYNTHESIS = """
import sys
from pathlib import Path
from porter.packing import cache, run
from porter.packing.target import Target

def make(folder, lock):
    run.run(["sh", "-ec", sys.argv[1]], folder, Target("x86_64", ""), lock=lock)

print(cache.result("key", make), flush=True)
"""


def synthesis(script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", SYNTHESIS, script], stdout=subprocess.PIPE)


def test_two_syntheses_at_once_run_the_commands_once(tmp_path: Path) -> None:
    script = COUNTED + "sleep 1; echo whole > made"
    both = [synthesis(script), synthesis(script)]
    outputs = {one.communicate()[0] for one in both}
    [path] = outputs
    assert Path(path.decode().strip(), "made").read_text() == "whole\n"
    assert runs(tmp_path) == 1


def test_what_a_killed_build_left_is_never_used(build_cache: Path) -> None:
    """The command outlives its synthesis: only its end lets the next synthesis begin."""
    killed = synthesis(COUNTED + "echo half > made; sleep 1; echo late > late")
    _until(lambda: list(build_cache.rglob("made")))
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    output, _ = synthesis(COUNTED + "echo whole > made").communicate()
    result = Path(output.decode().strip())
    assert [(one.name, one.read_text()) for one in result.iterdir()] == [("made", "whole\n")]
    assert sorted(one.name for one in build_cache.iterdir()) == ["key", "key.lock"]


def _until(done: Callable[[], object]) -> None:
    end = time.monotonic() + 60 * slowness()
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_cache_keeps_the_results_that_were_used_last(build_cache: Path) -> None:
    def make(folder: Path, _: int) -> None:
        (folder / "made").write_text("made")

    keys = [f"key{number}" for number in range(cache.KEPT + 2)]
    for age, key in enumerate(keys[: cache.KEPT + 1]):
        kept = cache.result(key, make).parent
        os.utime(kept, (age, age))
        if key != "key0":
            os.close(cache._held.pop(key))
    cache.result(keys[-1], make)
    left = {one.name for one in build_cache.iterdir() if one.is_dir()}
    assert left == {*keys} - {"key1"}, "key0 is the oldest, and this process uses it"
    assert not (build_cache / "key1.lock").exists()
