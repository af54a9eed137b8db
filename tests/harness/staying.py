"""A rehearsal that stays up, seen from another terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porter.rehearsal.machines.api import NOTE
from porter.rehearsal.machines.booted import state
from porter.rehearsal.machines.booted.command import enter
from porter.rehearsal.machines.booted.state import Running
from tests.harness.ended import slowness_in
from tests.harness.traces import until

RUN_SECONDS = 180.0
"""The maximum for a command on a host: `porter host apply` beside other rehearsals."""

BACK_SECONDS = 120.0
"""The maximum for a reboot or a replacement, which takes long beside other tests."""


@dataclass(frozen=True)
class Applied:
    """The end of one `porter host apply`: exit code, output, and seconds."""

    code: int
    said: str
    seconds: float


class Staying:
    """A running rehearsal, seen from another terminal; `err` is its standard error so far.

    `temporary` is its TMPDIR. `slowness` is how slow this machine was while it started.
    """

    def __init__(self, temporary: Path, err: str, measured: float = 1.0) -> None:
        self.slowness = max(measured, slowness_in(err))
        self.err = err
        self.temporary = temporary
        self.endpoint = _found(r"AWS_ENDPOINT_URL=(\S+)", err)
        self.url = _found(r"(?m)^\S+: (http\S+)$", err)

    def porter(self, *words: str, seconds: float = RUN_SECONDS) -> subprocess.CompletedProcess[str]:
        """Run `porter rehearse WORDS`, for at most so many `seconds`."""
        return subprocess.run(
            [sys.executable, "-m", "porter", "rehearse", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            env={**os.environ, "TMPDIR": str(self.temporary)},
            stdin=subprocess.DEVNULL,
        )

    def hosts(self) -> dict[str, Running]:
        """Return every running host by its instance id; the newest is the first."""
        notes = self.temporary.glob(f"porter-rehearsal-*/host*/{NOTE}")
        newest_first = sorted(notes, key=lambda note: -note.stat().st_mtime)
        running = (state.read(note.parent) for note in newest_first)
        return {each.instance_id: each for each in running if each}

    def attempt(
        self, *argv: str, host: str = "", seconds: float = RUN_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run `argv` on `host`, by default the newest, as `porter rehearse shell` does.

        Enters the host directly: a command line of porter would take half a second of CPU time, and
        a module runs hundreds of them.
        """
        running = self.hosts()[host] if host else self._newest()
        return subprocess.run(
            [*enter(running.init), *argv],
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )

    def run(self, *argv: str, host: str = "", seconds: float = RUN_SECONDS) -> str:
        """Return the output of `argv` on the host; the command must succeed in time."""
        done = self.attempt(*argv, host=host, seconds=seconds)
        assert done.returncode == 0, done
        return done.stdout.strip()

    def spec(self) -> Any:
        """Return the specification in the payload of the newest host."""
        return json.loads(self.run("sh", "-c", "cat /opt/porter/payload-*/host.json"))

    def put(self, spec: Any) -> None:
        """Replace that specification, as another deployment would."""
        path = self.run("sh", "-c", "echo /opt/porter/payload-*/host.json")
        self.run("sh", "-c", f"cat > {path} <<'END'\n{json.dumps(spec)}\nEND")

    def apply(self) -> Applied:
        """Run `porter host apply` on the host; it may fail."""
        began = time.monotonic()
        done = self.attempt("porter", "host", "apply")
        return Applied(done.returncode, done.stdout + done.stderr, time.monotonic() - began)

    def reboot(self, serves: Callable[[], object]) -> None:
        """Reboot the newest host, and wait until it has booted again and `serves()` holds."""
        host, before = next(iter(self.hosts().items()))

        def again() -> bool:
            now = self.hosts().get(host)
            return now is not None and now.init != before.init

        self.attempt("systemctl", "reboot")
        assert until(again, BACK_SECONDS)
        assert until(lambda: bool(serves()), BACK_SECONDS), self.page()

    def page(self) -> str:
        """Return the front page through the load balancer; empty if the answer is not 200."""
        with suppress(OSError), urllib.request.urlopen(self.url, timeout=5) as answer:
            text: str = answer.read().decode()
            return text
        return ""

    def instance(self) -> str:
        """Return the instance id on the page; empty without an answer."""
        return _found(r"<dd>(i-[0-9a-f]{17})</dd>", self.page())

    def exposure(self, unit: str) -> float:
        """Return systemd's rating of the service `unit`, from 0 (closed) to 10 (open)."""
        said = self.run("systemd-analyze", "security", "--no-pager", f"{unit}.service")
        found = re.search(r"Overall exposure level for \S+: (\d+\.\d+)", said)
        assert found, said
        return float(found[1])

    def service(self) -> Any:
        """Return porterd's report about its service on the newest host."""
        return json.loads(self.run("curl", "-sS", "http://127.0.0.1:3001/v1/service"))

    def init(self) -> int:
        """Return process 1 of the newest host, by its number on this machine."""
        return self._newest().init

    def _newest(self) -> Running:
        return next(iter(self.hosts().values()))


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""
