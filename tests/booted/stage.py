"""Rehearsals on booted machines in a TMPDIR of their own, and another terminal to look in from."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.booted.traces import Traces, names, traces, until
from tests.rehearsal.playground import Playground

SYNTH_SECONDS = 5.0
"""What synthesis takes at most when nothing else is going on."""

END_SECONDS = 500.0
"""For one that has to build the image first."""

RUN_SECONDS = 180.0
"""For a command on a host: `porter host apply` beside other rehearsals is the longest."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A finished `porter rehearse`: its exit code, as a shell has it, and what it left."""

    code: int
    out: str
    err: str
    seconds: float
    left: Traces

    @property
    def report(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)

    @property
    def slowness(self) -> float:
        """How many times slower than it should be this machine was, as its synthesis shows."""
        return max(1.0, self.report["seconds"]["synth"] / SYNTH_SECONDS)


@dataclass(frozen=True)
class Applied:
    """How one `porter host apply` ended, what it said, and how many seconds it took."""

    code: int
    said: str
    seconds: float


@contextmanager
def a_stage() -> Iterator[Stage]:
    """A folder for apps, and a TMPDIR that only the rehearsals in the block use."""
    # Not tmp_path: below it, the paths of sockets would be too long.
    with tempfile.TemporaryDirectory(prefix="pb") as folder:
        stage = Stage(Path(folder))
        try:
            yield stage
        finally:
            stage.close()


class Stage:
    """The rehearsals of one test module."""

    def __init__(self, folder: Path) -> None:
        self.playground = Playground(folder)
        self._started: list[subprocess.Popen[str]] = []

    def start(self, app: Path, *options: str) -> subprocess.Popen[str]:
        """`porter rehearse --machine systemd`."""
        process = self.playground.start(app, "--machine", "systemd", *options)
        self._started.append(process)
        return process

    def end(self, process: subprocess.Popen[str], how: Callable[[], object]) -> Ended:
        """End it by `how`, wait until it has, and look around."""
        rehearsals = names(self.playground)
        began = time.monotonic()
        how()
        out, err = process.communicate(timeout=END_SECONDS)
        return Ended(
            code=process.returncode if process.returncode >= 0 else 128 - process.returncode,
            out=out,
            err=err,
            seconds=time.monotonic() - began,
            left=traces(self.playground, rehearsals),
        )

    def rehearse(self, app: Path, *options: str) -> Ended:
        """A whole one; what it left is known by the name its folder had."""
        process = self.start(app, "--json", *options)
        until(lambda: bool(names(self.playground)) or process.poll() is not None, 30)
        return self.end(process, lambda: None)

    def end_at(self, app: Path, second: float, number: int) -> Ended:
        """Start one and send it signal `number` when it is `second` seconds old."""
        process = self.start(app)
        with suppress(subprocess.TimeoutExpired):
            process.wait(second)
            return self.end(process, lambda: None)
        return self.end(process, lambda: process.send_signal(number))

    def staying(self, process: subprocess.Popen[str]) -> Staying:
        """`process`, started with --stay or --keep-failed, once it stays."""
        assert process.stderr is not None
        told = ""
        for line in process.stderr:
            told += line
            if "Ctrl-C" in line:
                break
        return Staying(self.playground, told)

    def close(self) -> None:
        """End what a failed test left running, and remove what was to be removed."""
        for process in self._started:
            if process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=60)
            process.kill()
            process.communicate()


class Staying:
    """A rehearsal that is up, as seen from another terminal; `told` is its standard error."""

    def __init__(self, playground: Playground, told: str) -> None:
        self.told = told
        self.playground = playground
        self.endpoint = _found(r"AWS_ENDPOINT_URL=(\S+)", told)
        self.url = _found(r"the service: (\S+)", told)

    def porter(self, *words: str, seconds: float = RUN_SECONDS) -> subprocess.CompletedProcess[str]:
        """`porter rehearse WORDS`, which may take so many `seconds`."""
        return subprocess.run(
            [sys.executable, "-m", "porter", "rehearse", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            env={**os.environ, "TMPDIR": str(self.playground.temporary)},
            stdin=subprocess.DEVNULL,
        )

    def run(self, *argv: str, seconds: float = RUN_SECONDS) -> str:
        """What `argv` prints on the newest instance; it must succeed there, in time."""
        done = self.porter("shell", "--", *argv, seconds=seconds)
        assert done.returncode == 0, done
        return done.stdout.strip()

    def spec(self) -> Any:
        """The specification in the payload of the newest instance."""
        return json.loads(self.run("sh", "-c", "cat /opt/porter/payload-*/host.json"))

    def put(self, spec: Any) -> None:
        """Let `spec` take that one's place, as another deployment would."""
        path = self.run("sh", "-c", "echo /opt/porter/payload-*/host.json")
        self.run("sh", "-c", f"cat > {path} <<'END'\n{json.dumps(spec)}\nEND")

    def apply(self) -> Applied:
        """`porter host apply` there, however it ends."""
        began = time.monotonic()
        done = self.porter("shell", "--", "porter", "host", "apply")
        return Applied(done.returncode, done.stdout + done.stderr, time.monotonic() - began)

    def page(self) -> str:
        """The front page through the load balancer; empty if it is not answered 200."""
        with suppress(OSError), urllib.request.urlopen(self.url, timeout=5) as answer:
            text: str = answer.read().decode()
            return text
        return ""

    def instance(self) -> str:
        """The instance that answers the page; empty if none does."""
        return _found(r"<dd>(i-[0-9a-f]{17})</dd>", self.page())

    def service(self) -> Any:
        """What porterd on the newest instance says of its service."""
        return json.loads(self.run("curl", "-sS", "http://127.0.0.1:3001/v1/service"))

    def init(self) -> int:
        """Process 1 of the newest instance, by its number here."""
        notes = self.playground.temporary.glob("porter-rehearsal-*/host*/instance.json")
        newest = max(notes, key=lambda note: note.stat().st_mtime)
        number: int = json.loads(newest.read_text())["init"]
        return number


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""
