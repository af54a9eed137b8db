"""A machine that can be changed: every change of a file, and every command, goes through here."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from porter.errors import PorterError
from porter.host.core import process
from porter.host.core.folder import opened
from porter.host.core.process import COMMAND_SECONDS, Result
from porter.host.core.view import View, refused

RESTART_SECONDS = 100.0
"""How long an apply waits for a restart: systemd kills a program 90 s after it asked it to stop."""

_LOOK_SECONDS = 0.2


class BusyError(PorterError):
    """Another `porter host apply` is running on this machine, or a restart that takes long."""


@dataclass(frozen=True, slots=True)
class Machine(View):
    """A `View` that can also write, move, remove and run. Steps are performed on one."""

    def write(self, path: PurePath, content: bytes, mode: int) -> None:
        """Write the file at `path` atomically, even if the power fails."""
        temporary = f".{path.name}.{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            with opened(path.parent, make=True) as folder:
                handle = os.open(temporary, flags, 0o600, dir_fd=folder)
                try:
                    with os.fdopen(handle, "wb") as file:
                        file.write(content)
                        os.fchmod(handle, mode)
                        file.flush()
                        os.fsync(handle)
                    os.replace(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)
                except BaseException:
                    with suppress(FileNotFoundError):
                        os.unlink(temporary, dir_fd=folder)
                    raise
        except OSError as error:
            raise refused("write", path, error) from error

    def append(self, path: PurePath, text: str, *, most: int) -> None:
        """Append `text` to the log at `path`, mode 0640.

        A log of more than `most` bytes is renamed to `NAME.1` first.
        """
        try:
            file = Path(path)
            file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            if file.exists() and file.stat().st_size > most:
                file.replace(path.with_name(f"{path.name}.1"))
            with os.fdopen(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640), "a"
            ) as log:
                log.write(text)
        except OSError as error:
            raise refused("write", path, error) from error

    def move(self, source: PurePath, target: PurePath) -> None:
        """Rename `source` to `target` atomically, replacing it."""
        try:
            Path(source).replace(target)
        except OSError as error:
            raise refused("write", target, error) from error

    def remove(self, path: PurePath) -> None:
        """Remove the file at `path`, if there is one."""
        try:
            with opened(path.parent) as folder:
                os.unlink(path.name, dir_fd=folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise refused("remove", path, error) from error

    def remove_folder(self, path: PurePath) -> None:
        """Remove the folder at `path` with its content, if there is one."""
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise refused("remove", path, error) from error

    def run(
        self,
        argv: Sequence[str],
        *,
        seconds: float = COMMAND_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> Result:
        """Run `argv` to its end. Raises `PorterError` if it cannot start or takes too long."""
        return process.run(argv, seconds=seconds, environment=environment)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the lock for one apply. Raises `BusyError` if another apply holds it.

        A restart of an unhealthy program shares the lock: it ends soon, so an apply waits for it.
        The mode is 0600, because any user who can open a file can lock it (flock(2)).
        """
        path = Path(self.layout.lock)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w")
            os.fchmod(file.fileno(), 0o600)
        except OSError as error:
            raise refused("write", path, error) from error
        with file:
            expires = time.monotonic() + RESTART_SECONDS
            while not _flocked(file.fileno(), fcntl.LOCK_EX):
                restart = _flocked(file.fileno(), fcntl.LOCK_SH)
                fcntl.flock(file, fcntl.LOCK_UN)
                if not restart or time.monotonic() > expires:
                    who = (
                        "a restart of an unhealthy program"
                        if restart
                        else "another `porter host apply`"
                    )
                    raise BusyError(
                        f"{who} is running", where=str(path), cure="wait until it has finished"
                    )
                time.sleep(_LOOK_SECONDS)
            yield


def _flocked(handle: int, kind: int) -> bool:
    """Take the lock if it is free; return whether it was."""
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
