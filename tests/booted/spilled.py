"""Where on a host, and in what a synthesis wrote, a secret's value turns up that must not."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from tests.booted.stage import Staying

PLACES = ("/etc", "/opt/porter", "/root", "/tmp", "/usr/local", "/var/lib", "/var/log")  # noqa: S108
"""Whatever survives a reboot and is porter's or cloud-init's to write."""

SEARCH = """\
import base64, pathlib, subprocess, sys
values = base64.b64decode(sys.argv.pop(1)).split(b"\\0")
found = set()
def look(name, content):
    found.update(name for value in values if value in content)
for place in sys.argv[1:]:
    for path in pathlib.Path(place).rglob("*"):
        try:
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 50_000_000:
                look(str(path), path.read_bytes())
        except OSError:
            pass
journal = subprocess.run(["journalctl", "--no-pager", "--output=export"], capture_output=True)
look("the journal", journal.stdout)
for line in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
    try:
        look(str(line), line.read_bytes())
    except OSError:
        pass
print("\\n".join(sorted(found)))
"""


def spilled(there: Staying, values: Iterable[str], *folders: Path) -> list[str]:
    """Every place on the newest instance, and every file in `folders` here, with one of `values`.

    On the instance: files that a reboot leaves, the whole journal, and the command lines of all
    processes. A value of several lines is looked for line by line.
    """
    parts = [line for value in values for line in value.splitlines() if line]
    # Encoded: as they are they would be found in this very command line.
    encoded = base64.b64encode("\0".join(parts).encode()).decode()
    told = there.run("python3", "-c", SEARCH, encoded, *PLACES)
    here = [
        str(path)
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and any(part.encode() in path.read_bytes() for part in parts)
    ]
    return told.split("\n") * bool(told) + here


class CommandLines:
    """Samples the command lines of every process of this machine, its instances' included."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.seen: set[bytes] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def with_any(self, values: Iterable[str]) -> list[bytes]:
        """Those that held one of `values`."""
        parts = [line.encode() for value in values for line in value.splitlines() if line]
        return [line for line in self.seen if any(part in line for part in parts)]

    def _sample(self) -> None:
        while not self._ended.wait(0.02):
            done = subprocess.run(  # one process a sample, and not one read for each process
                ["ps", "-e", "-ww", "-o", "args="],
                capture_output=True,
                check=False,
            )
            self.seen.update(done.stdout.splitlines())
