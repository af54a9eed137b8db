"""Find what the rehearsals of one sandbox use on this machine, in their folders and outside."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from porter.rehearsal.local.folder import PREFIX
from tests.harness.slowness import slowness

NAMESPACES = Path("/run/netns")
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, kw_only=True)
class Traces:
    """Leftovers of rehearsals: processes, files and sockets.

    `processes` are command lines, `files` the names in TMPDIR, `sockets` inodes.
    """

    processes: list[str]
    files: list[str]
    namespaces: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    mounts: list[str] = field(default_factory=list)
    sockets: list[int] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        """Return whether there are no leftovers."""
        return not any(vars(self).values())


def rehearsals_in(temporary: Path) -> set[str]:
    """Return the name of every rehearsal in this TMPDIR: the random end of its folder's name."""
    return {path.name.removeprefix(PREFIX) for path in temporary.glob(f"{PREFIX}*")}


def processes_of(temporary: Path, rehearsals: Iterable[str] = ()) -> dict[int, str]:
    """Return the command line of every process of a rehearsal, by process id.

    A process belongs to a rehearsal if its command line, environment or folder names TMPDIR, or if
    it is in a control group of one of `rehearsals`.
    """
    marks = [os.fsencode(temporary), *(f"/porter-{name}".encode() for name in rehearsals)]
    return {
        int(process.name): command.replace(b"\0", b" ").decode(errors="replace")
        for process in Path("/proc").glob("[0-9]*")
        for command in [_read(process / "cmdline")]
        if any(mark in _about(process) for mark in marks)
    }


def _about(process: Path) -> bytes:
    """Return the parts of `process` that may name a rehearsal, if this user may read them."""
    folder = b""
    with suppress(OSError):
        folder = os.fsencode((process / "cwd").readlink())
    return folder + b"".join(_read(process / name) for name in ("cmdline", "environ", "cgroup"))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""  # the process has ended, or belongs to another user


def sockets_of(processes: Iterable[int]) -> set[int]:
    """Return the inode of every socket that one of `processes` has open."""
    found = set()
    for number in processes:
        for descriptor in Path(f"/proc/{number}/fd").glob("*"):
            try:
                socket = re.fullmatch(r"socket:\[(\d+)\]", str(descriptor.readlink()))
            except OSError:
                continue  # closed meanwhile
            if socket:
                found.add(int(socket[1]))
    return found


def traces(temporary: Path, rehearsals: Iterable[str], sockets: Iterable[int] = ()) -> Traces:
    """Return what is left of `rehearsals` (`rehearsals_in`) and of their open `sockets`.

    A control group that is gone had no process in it (cgroups(7)).
    """
    groups = (path for depth in ("", "*/") for path in CGROUPS.glob(f"{depth}porter-*"))
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return Traces(
        processes=list(processes_of(temporary, rehearsals).values()),
        files=sorted(path.name for path in temporary.iterdir()),
        namespaces=[*_of(rehearsals, NAMESPACES.glob("porter-*"))],
        groups=[*_of(rehearsals, groups)],
        mounts=[line for line in mounts if f"{temporary}/" in line],
        sockets=sorted({*sockets} & _listening()),
    )


def until(condition: Callable[[], object], seconds: float) -> bool:
    """Wait until `condition` holds: so many seconds, and more on a slow machine.

    Return whether it held.
    """
    began, patience = time.monotonic(), seconds
    while not condition():
        if time.monotonic() - began > patience:
            patience = seconds * slowness()
        if time.monotonic() - began > patience:
            return bool(condition())
        time.sleep(0.05)
    return True


def _of(rehearsals: Iterable[str], paths: Iterator[Path]) -> Iterator[str]:
    return (str(path) for path in paths if _mentions(f"/{path.name}", rehearsals))


def _mentions(text: str, rehearsals: Iterable[str]) -> bool:
    return any(f"/porter-{name}" in text for name in rehearsals)


def _listening() -> set[int]:
    """Return the inode of every listening TCP port and every Unix socket of this machine."""
    found = set()
    for name in ("tcp", "tcp6"):
        for line in Path("/proc/net", name).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A":  # TCP_LISTEN
                found.add(int(words[9]))
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        found.add(int(line.split()[6]))
    return found
