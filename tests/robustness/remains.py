"""What a rehearsal holds while it runs, and what of it is still there afterwards."""

from __future__ import annotations

import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.rehearsal.playground import Playground

STUBBORN = '''"""The template's service, made hard to end."""

import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ

signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["sleep", "600"], start_new_session=True)


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(environ.get("NAME", "").encode())


ThreadingHTTPServer(("127.0.0.1", int(environ["PORT"])), Handler).serve_forever()
'''
"""It ignores SIGTERM, and has a child in a session of its own."""


@dataclass(frozen=True, kw_only=True)
class Remains:
    """How a rehearsal ended, as its shell would say, and what was there then; sockets by inode."""

    code: int
    out: str
    err: str
    seconds: float
    processes: list[str]
    sockets: set[int]
    files: list[str]

    @property
    def nothing(self) -> bool:
        """Whether nothing is left."""
        return not (self.processes or self.sockets or self.files)


class Scene:
    """One rehearsal at a time, of one app, in a TMPDIR of their own."""

    def __init__(self, folder: Path, service: str | None = None) -> None:
        self.playground = Playground(folder)
        self.app = self.playground.app(**({"service__main": service} if service else {}))
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *options: str) -> subprocess.Popen[str]:
        """`porter rehearse`."""
        process = self.playground.start(self.app, *options)
        self._started.append(process)
        return process

    def close(self) -> None:
        """End what a failed test left running."""
        for process in self._started:
            process.kill()
            process.communicate()
        self.gone_within(5)

    def end(self, process: subprocess.Popen[str], how: Callable[[], object]) -> Remains:
        """End it by `how`, wait until it has, and look around."""
        sockets = self.sockets()
        began = time.monotonic()
        how()
        out, err = process.communicate(timeout=120)
        return Remains(
            code=process.returncode if process.returncode >= 0 else 128 - process.returncode,
            out=out,
            err=err,
            seconds=time.monotonic() - began,
            processes=self.playground.processes(),
            sockets=sockets & existing_sockets(),
            files=self.files(),
        )

    def end_at(self, second: float, number: signal.Signals) -> Remains:
        """Start one and signal it `second` seconds later."""
        process = self.start()
        try:
            process.wait(second)
        except subprocess.TimeoutExpired:
            return self.end(process, lambda: process.send_signal(number))
        return self.end(process, lambda: None)

    def files(self) -> list[str]:
        """What is in TMPDIR."""
        return [path.name for path in self.playground.temporary.iterdir()]

    def sockets(self) -> set[int]:
        """The sockets that processes of a rehearsal here have open."""
        found = set()
        for number in self.playground.by_id():
            for descriptor in Path(f"/proc/{number}/fd").glob("*"):
                try:
                    socket = re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink()))
                except OSError:
                    continue  # closed meanwhile
                if socket:
                    found.add(int(socket[1]))
        return found

    def gone_within(self, seconds: float) -> list[str]:
        """The processes that are still there after `seconds`; returns as soon as there are none."""
        end = time.monotonic() + seconds
        while (left := self.playground.processes()) and time.monotonic() < end:
            time.sleep(0.05)
        return left


@contextmanager
def scene(service: str | None = None) -> Iterator[Scene]:
    """A scene whose folder goes at the end."""
    # Not tmp_path: below it, the paths of sockets would be too long.
    with tempfile.TemporaryDirectory(prefix="pt") as folder:
        one = Scene(Path(folder), service)
        try:
            yield one
        finally:
            one.close()


def existing_sockets() -> set[int]:
    """Every listening TCP port and every Unix socket of this machine, by inode."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path("/proc/net", name).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A":  # TCP_LISTEN
                found.add(int(words[9]))
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        found.add(int(line.split()[6]))
    return found
