"""A private view of this computer's files for one process, as systemd's sandbox gives on EC2.

The process gets namespaces of its own (user_namespaces(7), mount_namespaces(7)), which most
computers grant without privileges. In them, everything is read-only (`ProtectSystem=strict`), /tmp
and /var/tmp are the unit's own (`PrivateTmp=yes`), and files that only root reads on EC2 cannot be
opened. Some computers and containers refuse namespaces: `refusal` then says why.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - the names that programs use

_CLONE_NEWNS, _CLONE_NEWUSER = 0x0002_0000, 0x1000_0000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x4_0000
_SYS_MOUNT_SETATTR = 442  # on every processor, since Linux 5.12
_AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = -100, 0x8000, 1
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_NOBODY = 65534
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """What one process sees.

    `writable` are folders that it may write, `temporary` its own folders for `TEMPORARY`, in that
    order, and `shown` the folders below `TEMPORARY` that it needs all the same. `hidden` are files
    and folders that it cannot open.
    """

    writable: Sequence[Path] = ()
    temporary: Sequence[Path] = ()
    shown: Sequence[Path] = ()
    hidden: Sequence[Path] = ()
    inaccessible: Path = Path("/run/systemd/inaccessible")
    """A folder with `reg` and `dir`, which nobody may open: they cover what is `hidden`."""

    def enter(self, directory: Path) -> None:
        """Move this process into the sandbox, and to `directory` in it. Raises `OSError`."""
        if not _unshare():
            obey_modes()
        for path in self.hidden:
            with suppress(FileNotFoundError):  # what is gone needs no cover
                _bind(self.inaccessible / ("dir" if path.is_dir() else "reg"), path)
        for folder in self.writable:
            _bind(folder, folder)
        places = [*zip(map(Path, TEMPORARY), self.temporary, strict=False)]
        # The place that holds these folders is the last: covered, they are out of reach.
        for place, own in sorted(places, key=lambda one: one[1].is_relative_to(one[0])):
            if place.is_dir() and not place.is_symlink():
                self._cover(place, own)
        _read_only("/", recursive=True)
        for mounted in (*TEMPORARY[: len(self.temporary)], *map(str, self.writable), *_kernels()):
            with suppress(OSError):  # a computer's own read-only mount stays one
                _read_only(mounted, on=False)
        _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        os.chdir(directory)

    def _cover(self, place: Path, own: Path) -> None:
        """Put `own` over `place`, with what is `shown` of it."""
        for path in _outermost(self.shown):
            if path.is_relative_to(place):
                inside = own / path.relative_to(place)
                inside.mkdir(parents=True, exist_ok=True)
                _bind(path, inside)
        _bind(own, place)


@cache
def refusal() -> str:
    """Return why this computer gives no such view, `Operation not permitted` say; else nothing.

    Tried in a child, which must be the only thread.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            Sandbox().enter(Path("/"))
        except BaseException as error:  # noqa: BLE001 - reported by the parent
            os.write(writer, f"{getattr(error, 'strerror', None) or error}".encode()[:200])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        reason = said.read().decode(errors="replace")
    os.waitpid(child, 0)
    return reason


def obey_modes() -> None:
    """Give up root's right to ignore file modes: the next best, without namespaces.

    A computer may refuse this, too.
    """
    if sys.platform != "linux":
        return
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    _LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def closed(folders: Iterable[Path], own: Sequence[Path]) -> list[Path]:
    """Return what below `folders` only its owner may open, without what is the unit's `own`.

    Files may vanish meanwhile. Raises `OSError`, with the path, for one that has no mode to read.
    """
    found = []
    for folder in folders:
        for parent, names, files in os.walk(folder):
            below = [Path(parent, name) for name in names]
            # A folder above one of the unit's own must stay open.
            shut = [
                path
                for path in below
                if _shut(path, 0o1) and not any(one.is_relative_to(path) for one in own)
            ]
            names[:] = [path.name for path in below if path not in shut and path not in own]
            found += shut
            found += [
                path
                for path in (Path(parent, name) for name in files)
                if path.is_file() and _shut(path, 0o4)
            ]
    return found


def _shut(path: Path, right: int) -> bool:
    """Whether others lack this `right` to `path`; what is gone is open to nobody."""
    try:
        return not path.stat().st_mode & right
    except FileNotFoundError:
        return False


def _unshare() -> bool:
    """Enter new namespaces, in which this process is its user, or `nobody` in place of root.

    Programs on EC2 are never root, and some refuse to run as root. Returns False where root gets
    no user namespace: it stays root.
    """
    user, group = os.geteuid(), os.getegid()
    mapped = bool(_LIBC.unshare(_CLONE_NEWUSER | _CLONE_NEWNS) == 0)
    if not mapped:
        _call(_LIBC.unshare(_CLONE_NEWNS))
    else:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user or _NOBODY} {user} 1")
        _write("/proc/self/gid_map", f"{group or _NOBODY} {group} 1")
    _call(_LIBC.mount(None, b"/", None, ctypes.c_ulong(_MS_REC | _MS_PRIVATE), None))
    return mapped


def _bind(source: Path, target: Path) -> None:
    flags = ctypes.c_ulong(_MS_BIND | _MS_REC)
    _call(_LIBC.mount(os.fsencode(source), os.fsencode(target), None, flags, None), target)


def _read_only(path: str, *, on: bool = True, recursive: bool = False) -> None:
    """Set whether the mount at `path` is read-only (mount_setattr(2)).

    `struct mount_attr` is set, clear, propagation, user namespace: four numbers of 64 bits.
    """
    given = (_MOUNT_ATTR_RDONLY, 0) if on else (0, _MOUNT_ATTR_RDONLY)
    attributes = (ctypes.c_uint64 * 4)(*given, 0, 0)
    flags = _AT_RECURSIVE if recursive else 0
    size = ctypes.c_size_t(ctypes.sizeof(attributes))
    _call(
        _LIBC.syscall(
            ctypes.c_long(_SYS_MOUNT_SETATTR),
            ctypes.c_int(_AT_FDCWD),
            ctypes.c_char_p(os.fsencode(path)),
            ctypes.c_uint(flags),
            ctypes.byref(attributes),
            size,
        ),
        path,
    )


def _kernels() -> list[str]:
    """Return the mounts that `ProtectSystem=strict` leaves alone: /dev, /proc, /sys and below."""
    with open("/proc/self/mountinfo", encoding="utf-8") as table:  # noqa: PTH123 - fast
        places = [line.split(" ", 5)[4] for line in table]
    return [place for place in places if place.split("/")[1] in ("dev", "proc", "sys")]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    kept: list[Path] = []
    for path in sorted(set(paths), key=lambda one: len(one.parts)):
        if not any(path.is_relative_to(one) for one in kept):
            kept.append(path)
    return kept


def _write(path: str, text: str) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, text.encode())
    finally:
        os.close(handle)


def _call(result: int, path: object = None) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path and str(path))
