"""What booted rehearsals in one TMPDIR hold on this machine, inside their folders and out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from porter.rehearsal.local.folder import PREFIX
from tests.rehearsal.playground import Playground

NAMESPACES = Path("/run/netns")
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What there is of rehearsals; `processes` are command lines."""

    processes: list[str]
    namespaces: list[str]
    groups: list[str]
    mounts: list[str]
    folders: list[str]

    @property
    def nothing(self) -> bool:
        """Whether there is nothing at all."""
        return not (self.processes or self.namespaces or self.groups or self.mounts or self.folders)


def names(playground: Playground) -> set[str]:
    """What the rehearsals in this TMPDIR are called, each by the random end of its folder."""
    return {path.name.removeprefix(PREFIX) for path in playground.temporary.glob(f"{PREFIX}*")}


def traces(playground: Playground, rehearsals: set[str]) -> Traces:
    """What is there now of `rehearsals`, those that `names` gave while they ran."""
    found = playground.by_id()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if _mentions((process / "cgroup").read_text(), rehearsals):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(process.name)] = command.decode(errors="replace")
        except OSError:
            continue  # it has ended
    groups = (path for depth in ("", "*/") for path in CGROUPS.glob(f"{depth}porter-*"))
    return Traces(
        processes=list(found.values()),
        namespaces=[*_of(rehearsals, NAMESPACES.glob("porter-*"))],
        groups=[*_of(rehearsals, groups)],
        mounts=_mounts(os.fspath(playground.temporary)),
        folders=[path.name for path in playground.temporary.iterdir()],
    )


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it held within `seconds`; returns as soon as it does."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def _of(rehearsals: set[str], paths: Iterator[Path]) -> Iterator[str]:
    return (str(path) for path in paths if _mentions(f"/{path.name}", rehearsals))


def _mentions(text: str, rehearsals: set[str]) -> bool:
    return any(f"/porter-{name}" in text for name in rehearsals)


def _mounts(folder: str) -> list[str]:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    return [line.split()[4] for line in lines if line.split()[4].startswith(folder)]
