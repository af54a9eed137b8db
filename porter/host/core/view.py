"""A read-only view of a machine: files, programs, units and kernel settings.

A function that takes a `View` cannot write, run or remove anything through it, and mypy refuses to
pass a `View` where a `Machine` is needed. A dry run has only a `View`.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from porter.errors import HostFaultError, PorterError
from porter.host.core import process
from porter.host.core.folder import no_link, opened
from porter.host.core.layout import Layout
from porter.host.core.unit_state import PROPERTIES, UnitState

_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)
"""A full or broken disk, which Linux makes read-only."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file's bytes and permission bits."""

    content: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class KernelSetting:
    """The value of a kernel setting, and whether it can be changed (in a container, few can)."""

    value: str
    writable: bool


@dataclass(frozen=True, slots=True)
class View:
    """Files and programs below `layout.root`, and only those."""

    layout: Layout = field(default_factory=Layout)

    def read(self, path: PurePath) -> FileState | None:
        """Return the file at `path`, or None if there is no such file.

        A link that another user placed counts as none, and so does a pipe, which could keep its
        reader waiting.
        """
        try:
            with opened(path.parent) as folder:
                flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | no_link(folder)
                handle = os.open(path.name, flags, dir_fd=folder)
            with os.fdopen(handle, "rb") as file:
                found = os.fstat(handle)
                if stat.S_ISFIFO(found.st_mode):
                    return None
                return FileState(file.read(), stat.S_IMODE(found.st_mode))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise refused("read", path, error) from error

    def names(self, folder: PurePath) -> tuple[str, ...]:
        """Return the names in `folder`, sorted; empty if there is no such folder."""
        try:
            return tuple(sorted(path.name for path in Path(folder).iterdir()))
        except (FileNotFoundError, NotADirectoryError):
            return ()

    def program(self, name: str) -> PurePath | None:
        """Return the path of the program `name`, looked up below the root only, or None."""
        folders = [str(folder) for folder in self.layout.programs]
        found = shutil.which(name, path=os.pathsep.join(folders))
        return Path(found) if found else None

    def units(self, *names: str) -> dict[str, UnitState]:
        """Return the states of the units `names`; empty if there is no systemctl.

        Asks systemd once: `systemctl show` prints a paragraph for each unit, in order. Raises
        `PorterError` if systemd does not answer, for then the units may well run.
        """
        systemctl = self.program("systemctl")
        if systemctl is None or not names:
            return {}
        shown = process.run([str(systemctl), "show", PROPERTIES, *names])
        if shown.exit_code:
            said = " ".join(shown.output.split()) or f"exit code {shown.exit_code}"
            cure = "systemctl is-system-running"
            raise PorterError(f"systemd does not answer: {said}", where="systemctl show", cure=cure)
        paragraphs = shown.output.strip("\n").split("\n\n")
        return dict(zip(names, map(UnitState.of, paragraphs), strict=False))

    def next_elapse(self, timer: str) -> str:
        """Return when `timer` elapses next, as systemd prints it; empty without systemctl."""
        systemctl = self.program("systemctl")
        if systemctl is None:
            return ""
        argv = [str(systemctl), "show", "--property=NextElapseUSecRealtime", "--value", timer]
        return process.run(argv).output.strip()

    def kernel(self, key: str) -> KernelSetting | None:
        """Return the kernel setting `key` (sysctl(8)) as it is now, or None."""
        path = self.layout.root / "proc/sys" / key.replace(".", "/")
        found = self.read(path)
        if found is None:
            return None
        value = " ".join(found.content.decode(errors="replace").split())
        return KernelSetting(value, writable=os.access(path, os.W_OK))


def refused(verb: str, path: PurePath, error: OSError) -> PorterError:
    """Return the error of a file operation that the operating system refused."""
    cure = "run it as root" if isinstance(error, PermissionError) else ""
    kind = HostFaultError if error.errno in _OF_THE_DISK else PorterError
    return kind(f"cannot {verb} it: {error.strerror}", where=str(path), cure=cure)
