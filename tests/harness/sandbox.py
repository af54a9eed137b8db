"""Run rehearsals as a user does, in a TMPDIR of their own that shows their leftovers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from porter.rehearsal.machines.image import image, missing
from tests.harness.ended import Ended, shell_code
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.traces import processes_of, rehearsals_in, sockets_of, traces, until

TEMPLATE = Path(__file__).parents[2] / "app_template"
POISON = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "CDK_DEFAULT_ACCOUNT": "999999999999",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}
"""Variables of a user's shell, each of which would break a rehearsal that used it."""

END_SECONDS = 280.0
BOOTED_END_SECONDS = 500.0
"""The maximum of a rehearsal, just below a test's time-out.

On booted machines, the rehearsal may build the image first.
"""


class Sandbox:
    """A folder for apps and a TMPDIR that only the rehearsals of this sandbox use.

    Every rehearsal gets `options`: `Sandbox(folder, "--machine", "systemd")`.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.temporary = folder / "t"
        self.temporary.mkdir()
        self._options = options
        self._started: dict[subprocess.Popen[str], float] = {}

    def app(self, name: str = "app", **files: str) -> Path:
        """Create the template's app; `service__main="..."` replaces `service/main.py`."""
        app = self.folder / name
        shutil.copytree(TEMPLATE, app, ignore=shutil.ignore_patterns("cdk.out", "__pycache__"))
        for path, text in files.items():
            (app / path.replace("__", "/")).with_suffix(".py").write_text(text, "utf-8")
        return app

    def start(self, app: Path, *options: str) -> subprocess.Popen[str]:
        """Start `porter rehearse` in `app`, with the variables POISON.

        CDK's template validator, which takes 3 CPU seconds, runs only if CDK_VALIDATION is set. The
        image of booted machines is built before: the proxies in POISON do not answer.
        """
        options = (*self._options, *options)
        if "systemd" in options and os.geteuid() == 0 and not missing():
            image("debian-13" if "debian-13" in options else "debian-12")
        process = subprocess.Popen(
            [sys.executable, "-m", "porter", "rehearse", *options],
            cwd=app,
            env={"CDK_VALIDATION": "false", **os.environ, **POISON, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started[process] = time.monotonic()
        return process

    def end(self, process: subprocess.Popen[str], how: Callable[[], object] | None = None) -> Ended:
        """Call `how`, wait until `process` has ended, and return what it left."""
        rehearsals, sockets = rehearsals_in(self.temporary), self.sockets()
        began = time.monotonic() if how else self._started[process]
        if how:
            how()
        booted = "systemd" in process.args  # type: ignore[operator]
        out, err = process.communicate(timeout=BOOTED_END_SECONDS if booted else END_SECONDS)
        return Ended(
            code=shell_code(process.returncode),
            out=out,
            err=err,
            seconds=time.monotonic() - began,
            left=traces(self.temporary, rehearsals, sockets),
            measured=slowness(),
        )

    def rehearse(self, app: Path, *options: str) -> Ended:
        """Start a rehearsal and wait until it has ended."""
        process = self.start(app, *options)
        until(lambda: bool(rehearsals_in(self.temporary)) or process.poll() is not None, 30)
        return self.end(process)

    def end_at(self, app: Path, second: float, number: int) -> Ended:
        """Start a rehearsal and send it signal `number` when it is `second` seconds old."""
        process = self.start(app)
        with suppress(subprocess.TimeoutExpired):
            process.wait(second)
            return self.end(process)
        return self.end(process, lambda: process.send_signal(number))

    def staying(self, process: subprocess.Popen[str]) -> Staying:
        """Wait until `process`, started with --stay or --keep-failed, stays; return its view.

        Raises AssertionError with its words if it ends.
        """
        assert process.stderr is not None
        err = ""
        for line in process.stderr:
            err += line
            if "Ctrl-C" in line:
                break
        else:
            out = process.stdout.read() if process.stdout else ""
            raise AssertionError(f"it ended, with {process.wait()}:\n{err}{out}")
        return Staying(self.temporary, err, measured=slowness())

    def processes(self) -> dict[int, str]:
        """Return the command line of every process of these rehearsals, by process id."""
        return processes_of(self.temporary, rehearsals_in(self.temporary))

    def sockets(self) -> set[int]:
        """Return the inode of every socket that a process of these rehearsals has open."""
        return sockets_of(self.processes())

    def files(self) -> list[str]:
        """Return the names in TMPDIR."""
        return sorted(path.name for path in self.temporary.iterdir())

    def gone_within(self, seconds: float) -> bool:
        """Return whether every process has ended after at most `seconds`."""
        return until(lambda: not self.processes(), seconds)

    def close(self) -> None:
        """Kill the processes that a failed test left."""
        for process in self._started:
            if process.poll() is None:
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.communicate(timeout=60)
            process.kill()
            process.communicate()
        self.gone_within(5)


@contextmanager
def a_sandbox(*options: str) -> Iterator[Sandbox]:
    """Create a sandbox, whose folder is removed after the block."""
    # Not tmp_path: the paths of sockets in it would be too long.
    with tempfile.TemporaryDirectory(prefix="ps") as folder:
        sandbox = Sandbox(Path(folder), *options)
        try:
            yield sandbox
        finally:
            sandbox.close()
