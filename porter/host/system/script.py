"""The step that runs a program of the user's to its end, or kills it with all that it started."""

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
from porter.host.core.account import check, last_words
from porter.host.core.machine import Machine
from porter.host.core.redaction import redacted

TAIL = 16 * 1024
"""Bytes of a script's output that are looked at for its last words."""


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
        """One line for a person."""
        return f"set up {self.name}: {shlex.join(self.argv)} (it prints to {self.log})"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine; of its environment, the names alone."""
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
        """Do it. Raises `PorterError` naming command, exit code and last lines of output."""
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
            late = f"{command} did not end within {self.seconds} s: {last_words(output)}"
            raise PorterError(late, where=self.name)
        check(self.argv, exit_code, output, where=self.name)

    def _run(self) -> tuple[int | None, str]:
        """How it ended (None: it took too long), and the last it printed.

        It prints to a file, not to a pipe: whoever looks can follow it, and a daemon that it leaves
        behind holds nothing open that anyone waits for.
        """
        # systemd gives cloud-init no HOME, and many an installer stops without one.
        given = {"HOME": str(Path.home()), **os.environ, **self.environment}
        with _opened(Path(self.log)) as output:
            process = subprocess.Popen(
                self.argv,
                cwd=self.folder,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # and so it leads a process group
            )
            code = _ending(process, self.seconds)
            output.seek(max(0, output.seek(0, os.SEEK_END) - TAIL))
            return code, output.read().decode(errors="replace")


def _opened(log: Path) -> BinaryIO:
    """`log`, empty, for root alone."""
    log.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    return os.fdopen(os.open(log, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640), "w+b")


def _ending(process: subprocess.Popen[bytes], seconds: float) -> int | None:
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.returncode is None:  # too late, or apply itself was interrupted
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
