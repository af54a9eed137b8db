"""A copy of the source tree to spoil: tests run in it, and nothing of them stays behind."""

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
    """One run of tests: whether all of them passed, what was printed, how long it took."""

    passed: bool
    output: str
    seconds: float


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
        """Let `module` hold `text` meanwhile."""
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
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            output = "took too long"
        finally:
            self._sweep()
            process.wait()
        return Run(process.returncode == 0, output[-3000:], time.monotonic() - began)

    def _sweep(self) -> None:
        """Kill what still runs in this copy: a process that a mutant kept from its end."""
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (entry / "cwd").resolve().is_relative_to(self._folder.name):
                    os.kill(int(entry.name), signal.SIGKILL)


def _write(path: Path, content: bytes) -> None:
    """Write a module, and let Python compile it again: it tells changes by size and second."""
    path.write_bytes(content)
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()
