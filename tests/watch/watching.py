"""A `porter rehearse --watch` of a small app, and ways to save its files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.harness.report_schema import CHANGE, validate
from tests.harness.sandbox import Sandbox
from tests.harness.staying import Staying
from tests.harness.traces import until

APP = """
import aws_cdk as cdk
from porter_cdk import HealthCheck, PorterService, Process
from settings import SETTINGS

app = cdk.App()
stack = cdk.Stack(app, "Watched")
for name in {names}:
    PorterService(
        stack, name,
        run=Process(["python3", "main.py"], source="service", port=8000, **SETTINGS),
        health_check=HealthCheck("/health"),
        {props}
    )
app.synth()
"""

SERVICE = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from version import VERSION

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{VERSION} {os.environ.get('COLOUR', '')}".encode())

    def log_message(self, *_):
        pass

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def an_app(
    sandbox: Sandbox, names: str = '["Service"]', props: str = "", *, nested: bool = False
) -> Path:
    """Return the folder of an app whose services answer with `VERSION` and `COLOUR`.

    They are `nested` in a stack of their own, if so wanted.
    """
    app = APP.format(names=names, props=props)
    inner = 'cdk.NestedStack(cdk.Stack(app, "Watched"), "Inner")'
    return sandbox.app(
        "app",
        app=app.replace('cdk.Stack(app, "Watched")', inner) if nested else app,
        settings="SETTINGS = {}\n",
        service__main=SERVICE,
        service__version='VERSION = "first"\n',
    )


class Watching:
    """A rehearsal that watches `app`; `changes` are the objects of its stream so far."""

    def __init__(self, sandbox: Sandbox, app: Path, *options: str) -> None:
        self.app = app
        self.changes: list[dict[str, Any]] = []
        self.process = sandbox.start(app, "--watch", "--json", *options)
        self.out: list[str] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.there: Staying = sandbox.staying(self.process)
        threading.Thread(target=self._drain, daemon=True).start()

    @property
    def url(self) -> str:
        """Return the load balancer's URL."""
        return self.there.url

    @property
    def urls(self) -> list[str]:
        """Return the URL of each service's load balancer."""
        return re.findall(r"(?m)^\S+: (http\S+)$", self.there.err)

    def cpu(self) -> float:
        """Return the CPU seconds of porter and of what it ran: not of hosts and their programs."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")

    def page(self, url: str = "") -> str:
        """Return the page through the load balancer; raises `OSError` for any error."""
        with urllib.request.urlopen(url or self.url, timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    def serves(self, version: str, url: str = "") -> bool:
        """Return whether the page begins with this version."""
        with suppress(OSError):
            return self.page(url).startswith(f"{version} ")
        return False

    def seconds_until(self, version: str, most: float) -> float:
        """Wait for the version; return the seconds from now, or fail after `most`."""
        began = time.monotonic()
        while not self.serves(version):
            assert time.monotonic() - began < most, (version, self.page(), self.changes[-3:])
            time.sleep(0.02)
        return time.monotonic() - began

    def change(
        self, saved: str, before: int, most: float, *, ok: bool | None = None
    ) -> dict[str, Any]:
        """Return the first change of the file `saved` after the first `before` changes.

        With `ok`, the first one that ended so: under load, one save may be seen in two parts.
        """

        def found() -> list[dict[str, Any]]:
            new = [one for one in self.changes[before:] if saved in (one["saved"] or [""])]
            return [one for one in new if ok is None or one["ok"] is ok]

        assert until(lambda: bool(found()), most), self.changes[before:]
        return found()[0]

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.out.append(line)
            said = json.loads(line)
            if "change" in said:
                validate(said, CHANGE)
                self.changes.append(said["change"])

    def _drain(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.there.err += line

    def end(self, number: int) -> int:
        """Send the signal `number`; return the exit code of the rehearsal."""
        self.process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(120)
        return self.process.returncode


def in_place(path: Path, text: str) -> None:
    """Save as VS Code does."""
    path.write_text(text)


def renamed(path: Path, text: str) -> None:
    """Save to another file, and rename it over the old one."""
    new = path.with_name(f".goutputstream-{os.getpid()}")
    new.write_text(text)
    new.replace(path)


def with_backup(path: Path, text: str) -> None:
    """Save as vim does: try to write the folder, move the old file away, write a new one."""
    probe, backup = path.with_name("4913"), path.with_name(f"{path.name}~")
    probe.touch()
    probe.unlink()
    path.rename(backup)
    path.write_text(text)
    backup.unlink()


WAYS: list[Callable[[Path, str], None]] = [in_place, renamed, with_backup]
