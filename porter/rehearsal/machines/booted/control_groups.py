"""The control groups of one instance: everything that runs on it, and what it may use at most."""

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
"""Seconds for killed processes to be gone, and then for their control groups to be free."""

_PAUSE = 0.02


@dataclass(frozen=True, kw_only=True)
class Most:
    """What one instance may use at most; `None` is as much as there is."""

    memory_bytes: int | None = None
    processes: int | None = None
    disk_bytes: int | None = None
    """What it may add to its image."""


UNBOUNDED = Most()


class ControlGroups:
    """The control group `name` in each of `hierarchies`."""

    def __init__(self, name: str, hierarchies: Sequence[Hierarchy]) -> None:
        self.name = name
        self._hierarchies = hierarchies

    @property
    def folders(self) -> list[Path]:
        """One in each hierarchy."""
        return [each.folder / self.name for each in self._hierarchies]

    def make(self) -> None:
        """Make what is not there. Raises `PorterError` if that is not allowed."""
        try:
            for folder in self.folders:
                folder.mkdir(exist_ok=True)
                # In a cpuset of version 1 nothing may run before it is told where.
                for name in ("cpuset.cpus", "cpuset.mems"):
                    if (folder / name).exists() and not (
                        folder.parent / "cgroup.controllers"
                    ).exists():
                        (folder / name).write_text((folder.parent / name).read_text())
        except OSError as error:
            raise PorterError(
                f"cannot make a control group: {error.strerror}",
                where=str(error.filename),
                cure="run this as root, outside of a container",
            ) from error

    def limit(self, most: Most) -> None:
        """Bound what the whole instance uses. Raises `PorterError` if this machine cannot."""
        if most.memory_bytes is not None:
            self._set(("memory.limit_in_bytes", "memory.max"), most.memory_bytes)
        if most.processes is not None:
            self._set(("pids.max",), most.processes)

    def processes(self) -> set[int]:
        """All that are in a control group below, whatever hierarchy it is in."""
        found: set[int] = set()
        for folder in self.folders:
            found.update(_processes(folder))
        return found

    def init(self) -> int | None:
        """The instance's process 1 by its number here; None while there is none.

        Known by having exactly one pid namespace more than this process (`NSpid` in proc(5)):
        containers on the instance have another one on top.
        """
        depth = len(_namespaced("self")) + 1
        for pid in _processes(self.folders[-1]):
            numbers = _namespaced(str(pid))
            if len(numbers) == depth and numbers[-1] == "1":
                return pid
        return None

    def kill(self) -> None:
        """SIGKILL until nothing is left. Raises `PorterError` if something stays."""
        _persist(self._kill_once, f"processes in the control group {self.name} cannot be killed")

    def remove(self) -> None:
        """Kill what is in them, and remove them. Raises `PorterError` if they stay."""
        self.kill()
        _persist(self._remove_once, f"the control group {self.name} cannot be removed")

    def _set(self, names: Sequence[str], value: int) -> None:
        for file in (folder / name for folder in self.folders for name in names):
            if file.exists():
                file.write_text(str(value))
                return
        raise PorterError(f"this machine cannot enforce {names[-1]}", where="/sys/fs/cgroup")

    def _kill_once(self) -> bool:
        pids = self.processes()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not pids

    def _remove_once(self) -> bool:
        self._kill_once()  # who was about to join
        for folder in self.folders:
            for parent, _, _ in os.walk(folder, topdown=False):
                with suppress(OSError):  # the dying are still in it
                    Path(parent).rmdir()
        return not any(folder.exists() for folder in self.folders)


def belongs(pid: int, name: str) -> bool:
    """Whether process `pid` is in the control group `name`, or below it."""
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
    """The numbers a process has, from this pid namespace to its innermost."""
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
