"""A copy of the source tree for mutants: tests run in it, and leave nothing outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", "dist")


@dataclass(frozen=True)
class Run:
    """One run of tests: whether all of them passed, what was printed, how long it took.

    `late` says that time was up first: an endless loop, or a machine too busy to tell.
    """

    passed: bool
    output: str
    seconds: float
    late: bool = False


class Workshop:
    """A copy of the source tree in a temporary folder, with the same `.venv`."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="porter-mutant-")
        self.root = Path(self._folder.name).resolve() / "porter"
        shutil.copytree(ROOT, self.root, ignore=LEFT_OUT, symlinks=True)

    def close(self) -> None:
        """Remove the copy."""
        self._folder.cleanup()

    @contextmanager
    def changed(self, module: Path, text: str) -> Iterator[None]:
        """Write `text` to `module` during the block."""
        path = self.root / module
        before = path.read_bytes()
        try:
            _write(path, text.encode())
            yield
        finally:
            _write(path, before)

    def run(self, tests: Sequence[str], seconds: float) -> Run:
        """Run `tests` until the first failure; after `seconds` they count as failed."""
        argv = [sys.executable, "-m", "pytest", "-xq", "-p", "no:cacheprovider", *tests]
        began = time.monotonic()
        process = subprocess.Popen(
            argv,
            cwd=self.root,
            env={
                **os.environ,
                "PYTHONPATH": f"{self.root}:{self.root}/constructs",
                "TMPDIR": self._folder.name,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        late = False
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            output, late = "took too long", True
        finally:
            self._sweep()
            process.wait()
        return Run(process.returncode == 0, output[-3000:], time.monotonic() - began, late)

    def _sweep(self) -> None:
        """Kill the processes in this copy that a mutant kept from exiting."""
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (entry / "cwd").resolve().is_relative_to(self._folder.name):
                    os.kill(int(entry.name), signal.SIGKILL)


def _write(path: Path, content: bytes) -> None:
    """Write a module, and force Python to compile it again."""
    path.write_bytes(content)
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()
