"""Rehearse every selected row by the command line, as a user would, a few at a time."""

from __future__ import annotations

import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from tests.failures.rows import Case
from tests.harness.ended import Ended, shell_code
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.traces import rehearsals_in, traces

AT_WORK = 3
"""How many rehearsals deploy and boot side by side: some wait for the disk, others compute."""

AT_ONCE = 6
"""How many rehearsals run side by side; most wait for porterd to give up, which takes no CPU."""

LIMIT = 240.0
"""After these seconds, more on a slow machine, a rehearsal is killed."""


class Runs:
    """The rehearsals of `cases`, the longest first; `Ended.seconds` is `Output.seconds`."""

    def __init__(self, cases: Iterable[Case]) -> None:
        # Not below pytest's folder: the path of HAProxy's socket would be too long.
        self._folder = tempfile.TemporaryDirectory(prefix="pf")
        self._pool = ThreadPoolExecutor(AT_ONCE)
        self._at_work = threading.Semaphore(AT_WORK)
        self._running: set[subprocess.Popen[str]] = set()
        self._closed = False
        self._ended: dict[Case, Future[Ended]] = {
            case: self._pool.submit(self._run, number, case)
            for number, case in enumerate(sorted(cases, key=lambda case: -case.within))
        }

    def of(self, case: Case) -> Ended:
        """Wait for the rehearsal of `case`; return how it ended."""
        return self._ended[case].result()

    def close(self) -> None:
        """End every rehearsal that still runs."""
        self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in list(self._running):
            process.terminate()
        self._pool.shutdown()
        self._folder.cleanup()

    def _run(self, number: int, case: Case) -> Ended:
        folder = Path(self._folder.name, str(number))
        folder.mkdir()
        sandbox = Sandbox(folder)
        app = case.make(sandbox)
        with ExitStack() as at_work:
            at_work.enter_context(self._at_work)
            if self._closed:
                raise CancelledError
            before = slowness()
            process = sandbox.start(app, *case.options)
            self._running.add(process)
            leash = threading.Timer(LIMIT * before, process.kill)
            leash.start()
            try:
                with process:
                    output = Output(process, sandbox, booted=at_work.close)
            finally:
                leash.cancel()
                self._running.discard(process)
        return Ended(
            code=shell_code(process.returncode),
            out=output.out,
            err=output.err,
            seconds=output.seconds,
            measured=max(before, slowness()),
            left=traces(sandbox.temporary, output.rehearsals),
        )


class Output:
    """What `process` prints until it ends.

    `seconds` is how long the result took, counted from the last of these: the call of the command,
    the start of its first host, the start of porterd. Before that moment, no component can know
    the result. `rehearsals` are the names of the rehearsals in `sandbox`. `booted` is called when
    the hosts have booted.
    """

    def __init__(
        self, process: subprocess.Popen[str], sandbox: Sandbox, booted: Callable[[], None]
    ) -> None:
        self.out = ""
        self.rehearsals: set[str] = set()
        self._temporary = sandbox.temporary
        self._booted = booted
        self._began = self._reported = time.monotonic()
        reader = threading.Thread(target=self._read, args=(process.stdout,))
        reader.start()
        self.err = "".join(self._follow(process.stderr))
        reader.join()
        self.seconds = self._reported - self._began

    def _read(self, stdout: IO[str]) -> None:
        self.out = stdout.readline()
        self._reported = time.monotonic()
        self.out += stdout.read()

    def _follow(self, stderr: IO[str]) -> Iterator[str]:
        for line in stderr:
            if line.startswith(("deploy ", "boot ")):
                self._began = time.monotonic()
            if line.startswith("boot "):
                self._booted()
            self.rehearsals |= rehearsals_in(self._temporary)
            yield line


def selected(request: pytest.FixtureRequest, machine: str) -> Iterator[Runs]:
    """Return the rehearsals of all rows on that kind of machine that a module's tests need.

    `request` is that of a fixture of the module.
    """
    cases: dict[Case, None] = {}
    for item in request.session.items:
        call = getattr(item, "callspec", None)
        case = call and call.params.get("case")
        here = getattr(item, "module", None) is request.module
        if here and isinstance(case, Case) and case.machine == machine:
            cases[case] = None
    runs = Runs(cases)
    try:
        yield runs
    finally:
        runs.close()
