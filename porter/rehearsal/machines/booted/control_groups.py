"""The control groups of one instance: its processes, and their limits."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.booted.hierarchies import Hierarchy

_PATIENCE = 10.0
"""Seconds for killed processes to end, and then for their control groups to be empty."""

_PAUSE = 0.02


@dataclass(frozen=True, kw_only=True)
class Most:
    """The limits of one instance; `None` is no limit."""

    memory_bytes: int | None = None
    processes: int | None = None
    disk_bytes: int | None = None
    """Bytes it may write to its disk."""


UNBOUNDED = Most()


class ControlGroups:
    """The control group `name` in each of `hierarchies`."""

    def __init__(self, name: str, hierarchies: Sequence[Hierarchy]) -> None:
        self.name = name
        self._hierarchies = hierarchies

    @property
    def folders(self) -> list[Path]:
        """The folder in each hierarchy."""
        return [each.folder / self.name for each in self._hierarchies]

    def make(self) -> None:
        """Make the missing control groups. Raises `PorterError` if that is not allowed."""
        try:
            for folder in self.folders:
                folder.mkdir(exist_ok=True)
                # A cpuset of version 1 accepts no process before it has CPUs and memory nodes.
                for name in ("cpuset.cpus", "cpuset.mems"):
                    if (folder / name).exists() and not (
                        folder.parent / "cgroup.controllers"
                    ).exists():
                        (folder / name).write_text((folder.parent / name).read_text())
        except OSError as error:
            raise PorterError(
                f"cannot make a control group: {error.strerror}",
                where=str(error.filename),
                cure="run porter as root, outside of a container",
            ) from error

    def limit(self, most: Most) -> None:
        """Limit the whole instance. Raises `PorterError` if this computer cannot enforce it."""
        if most.memory_bytes is not None:
            self._set(("memory.limit_in_bytes", "memory.max"), most.memory_bytes)
        if most.processes is not None:
            self._set(("pids.max",), most.processes)

    def processes(self) -> set[int]:
        """Return the pids in the control groups and below, in every hierarchy."""
        found: set[int] = set()
        for folder in self.folders:
            found.update(_processes(folder))
        return found

    def init(self) -> int | None:
        """Return the pid of the instance's process 1 on this computer; None without one.

        Process 1 has exactly one pid namespace more than this process (`NSpid` in proc(5));
        containers on the instance have two more.
        """
        depth = len(_namespaced("self")) + 1
        for pid in _processes(self.folders[-1]):
            numbers = _namespaced(str(pid))
            if len(numbers) == depth and numbers[-1] == "1":
                return pid
        return None

    def kill(self) -> None:
        """Send SIGKILL until no process is left. Raises `PorterError` if one stays."""
        _persist(self._kill_once, f"processes in the control group {self.name} cannot be killed")

    def remove(self) -> None:
        """Kill the processes, and remove the control groups. Raises `PorterError` if one stays."""
        self.kill()
        _persist(self._remove_once, f"the control group {self.name} cannot be removed")

    def _set(self, names: Sequence[str], value: int) -> None:
        for file in (folder / name for folder in self.folders for name in names):
            if file.exists():
                file.write_text(str(value))
                return
        raise PorterError(f"this computer cannot enforce {names[-1]}", where="/sys/fs/cgroup")

    def _kill_once(self) -> bool:
        pids = self.processes()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not pids

    def _remove_once(self) -> bool:
        self._kill_once()  # a process may have joined meanwhile
        for folder in self.folders:
            for parent, _, _ in os.walk(folder, topdown=False):
                with suppress(OSError):  # killed processes are still in it
                    Path(parent).rmdir()
        return not any(folder.exists() for folder in self.folders)


def belongs(pid: int, name: str) -> bool:
    """Whether process `pid` is in the control group `name`, or below."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return False
    return any(name in line.split(":", 2)[2].split("/") for line in lines)


def _processes(folder: Path) -> Iterator[int]:
    for parent, _, _ in os.walk(folder):
        with suppress(OSError):
            yield from map(int, Path(parent, "cgroup.procs").read_text().split())


def _namespaced(pid: str) -> list[str]:
    """Return a process's pids, from this pid namespace to its innermost."""
    with suppress(OSError):
        for line in Path("/proc", pid, "status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return line.split()[1:]
    return []


def _persist(attempt: Callable[[], bool], failure: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not attempt():
        if time.monotonic() > deadline:
            raise PorterError(failure, where="/sys/fs/cgroup")
        time.sleep(_PAUSE)
