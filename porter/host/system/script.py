"""The step that runs the user's setup step, and kills all its processes after a time-out."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from porter.errors import PorterError
from porter.host.core.explanation import check, last_lines
from porter.host.core.machine import Machine
from porter.host.core.redaction import redacted

HEAD = 4 * 1024
TAIL = 16 * 1024
"""Bytes at the start and at the end of the log from which an error quotes."""


@dataclass(frozen=True, slots=True)
class SetUp:
    """Run the user's setup step `name`, which must exit 0 within `seconds`; it prints to `log`."""

    name: str
    argv: tuple[str, ...]
    folder: PurePath
    environment: Mapping[str, str]
    seconds: int
    log: PurePath

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"run setup step {self.name}: {shlex.join(self.argv)} (output: {self.log})"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON, with the names of its environment but no values."""
        return {
            "step": "set-up",
            "name": self.name,
            "argv": list(self.argv),
            "folder": str(self.folder),
            "environment": sorted(self.environment),
            "seconds": self.seconds,
            "log": str(self.log),
        }

    def perform(self, machine: Machine) -> None:
        """Perform the step. Raises `PorterError` with command, exit code and last lines."""
        command = f"`{shlex.join(self.argv)}`"
        try:
            exit_code, output = self._run()
        except OSError as error:
            what = f"{command} cannot be run: {error.strerror}"
            raise PorterError(what, where=self.name) from error
        if exit_code == 0:
            return
        output = redacted(machine, output)
        if exit_code is None:
            late = f"{command} did not end within {self.seconds} s: {last_lines(output)}"
            raise PorterError(late, where=self.name)
        check(self.argv, exit_code, output, where=self.name)

    def _run(self) -> tuple[int | None, str]:
        """Return the exit code (None after a time-out), and start and end of the log.

        The command prints to a file. With a pipe, apply would wait for any daemon that the command
        leaves behind.
        """
        # Many installers need HOME, and systemd gives cloud-init none.
        given = {"HOME": str(Path.home()), **os.environ, **self.environment}
        with _opened(Path(self.log)) as output:
            process = subprocess.Popen(
                self.argv,
                cwd=self.folder,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # it leads a process group, which can be killed
            )
            code = _ending(process, self.seconds)
            return code, _ends(output)


def _ends(log: BinaryIO) -> str:
    """Return the whole lines of the first `HEAD` and the last `TAIL` bytes of `log`."""
    size = log.seek(0, os.SEEK_END)
    log.seek(0)
    if size <= HEAD + TAIL:
        return log.read().decode(errors="replace")
    head = log.read(HEAD).decode(errors="replace").rpartition("\n")[0]
    log.seek(size - TAIL)
    return f"{head}\n{log.read().decode(errors='replace').partition(chr(10))[2]}"


def _opened(log: Path) -> BinaryIO:
    """Open `log`, emptied, mode 0640."""
    log.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    return os.fdopen(os.open(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640), "w+b")


def _ending(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.returncode is None:  # timed out, or apply was interrupted
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
