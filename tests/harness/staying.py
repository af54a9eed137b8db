"""A rehearsal that stays up, seen from another terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUN_SECONDS = 180.0
"""For a command on a host: `porter host apply` beside other rehearsals is the longest."""


@dataclass(frozen=True)
class Applied:
    """How one `porter host apply` ended, what it said, and how many seconds it took."""

    code: int
    said: str
    seconds: float


class Staying:
    """A running rehearsal, seen from another terminal; `told` is its standard error so far.

    `temporary` is its TMPDIR.
    """

    def __init__(self, temporary: Path, told: str) -> None:
        self.told = told
        self.temporary = temporary
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
            env={**os.environ, "TMPDIR": str(self.temporary)},
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
        notes = self.temporary.glob("porter-rehearsal-*/host*/instance.json")
        newest = max(notes, key=lambda note: note.stat().st_mtime)
        number: int = json.loads(newest.read_text())["init"]
        return number


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""
