"""Start and reap init's children, and reap the orphans that become its children."""

from __future__ import annotations

import asyncio
import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from porter.rehearsal.machines.played.sandbox import Sandbox, obey_modes

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What a process is started with; `file_limit` is (soft, hard).

    A `strict` process is in its `sandbox`, or at least bound to file modes if there is none.
    """

    argv: Sequence[str]
    executable: str
    environment: Mapping[str, str]
    directory: Path
    log: Path
    umask: int = 0o022
    file_limit: tuple[int, int] | None = None
    strict: bool = False
    sandbox: Sandbox | None = None


@dataclass(eq=False)
class Child:
    """A process that `Children` reaps."""

    pid: int
    exited: asyncio.Future[int] = field(repr=False)
    popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    async def wait(self) -> int:
        """Wait for the return code: negative for a signal, as in `subprocess`."""
        return await asyncio.shield(self.exited)


class Children:
    """All children of this process; needs one event loop and no threads."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._children: dict[int, Child] = {}
        self._loop.add_signal_handler(signal.SIGCHLD, self._reap)

    def spawn(self, execution: Execution) -> Child:
        """Start a process in a session of its own. Raises `OSError` if it cannot be executed."""
        try:
            popen = _popen(execution)
        except subprocess.SubprocessError as error:
            raise OSError(f"its sandbox failed: {error}") from error
        return self._remember(Child(popen.pid, self._loop.create_future(), popen))

    def adopt(self, pid: int) -> Child:
        """Watch the process `pid`, a grandchild that named itself the main one (`MAINPID=`).

        Its end is seen once it is an orphan, and so a child of this process.
        """
        return self._children.get(pid) or self._remember(Child(pid, self._loop.create_future()))

    def _remember(self, child: Child) -> Child:
        self._children[child.pid] = child
        return child

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self._children.pop(pid, None)
            if child is None:
                continue
            returncode = os.waitstatus_to_exitcode(status)
            if child.popen is not None:
                child.popen.returncode = returncode
            child.exited.set_result(returncode)


def become_subreaper() -> None:
    """Make every orphan below this process its child (prctl(2)); Linux only."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _popen(execution: Execution) -> subprocess.Popen[bytes]:
    with _log(execution.log) as log:
        return subprocess.Popen(
            execution.argv,
            executable=execution.executable,
            env=dict(execution.environment),
            cwd=execution.directory,
            umask=execution.umask,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: _before_exec(execution),  # noqa: PLW1509 - no threads here
        )


def _before_exec(execution: Execution) -> None:
    """Set limits between fork and exec, and death by SIGKILL when the parent dies."""
    if execution.file_limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, execution.file_limit)
    if execution.sandbox:
        execution.sandbox.enter(execution.directory)
    elif execution.strict:
        obey_modes()
    if sys.platform == "linux":
        # Last: the kernel forgets it when a process changes its credentials (prctl(2)).
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _log(path: Path) -> IO[bytes]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("ab")
