"""The only door to a machine's files and processes."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from porter.errors import PorterError
from porter.host.layout import Layout

COMMAND_SECONDS = 120.0
"""Deadline of one command: above systemd's 90 s for a start that never reports."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended, and what it printed (both streams, in order)."""

    exit_code: int
    output: str


@dataclass(frozen=True, slots=True)
class FileState:
    """A file's bytes and permission bits."""

    content: bytes
    mode: int


@dataclass(frozen=True, slots=True)
class UnitState:
    """What systemd says of a unit."""

    active: str = "inactive"
    sub: str = "dead"
    result: str = ""
    restarts: str = ""
    enabled: bool = False

    @property
    def runs(self) -> bool:
        """Whether systemd keeps it up: `activating` includes the pause before a restart."""
        return self.active in ("active", "activating", "reloading")


@dataclass(frozen=True, slots=True)
class Machine:
    """Files and programs below `layout.root`; other roots never see this machine's programs."""

    layout: Layout = field(default_factory=Layout)

    def read(self, path: Path) -> FileState | None:
        """The file at `path`, or None where there is none."""
        try:
            with path.open("rb") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                return FileState(file.read(), mode)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _refused("read", path, error) from error

    def names(self, folder: Path) -> tuple[str, ...]:
        """The names in `folder`, sorted; none where there is no such folder."""
        try:
            return tuple(sorted(path.name for path in folder.iterdir()))
        except (FileNotFoundError, NotADirectoryError):
            return ()

    def write(self, path: Path, content: bytes, mode: int) -> None:
        """Put `content` at `path`, whole or not at all, even if the power goes."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                    os.fchmod(file.fileno(), mode)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise _refused("write", path, error) from error

    def move(self, source: Path, target: Path) -> None:
        """Let `source` replace `target`, at once."""
        try:
            source.replace(target)
        except OSError as error:
            raise _refused("write", target, error) from error

    def remove(self, path: Path) -> None:
        """Remove the file at `path`, if there is one."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _refused("remove", path, error) from error

    def program(self, name: str) -> Path | None:
        """The program `name`, looked up below the root only."""
        folders = [str(folder) for folder in self.layout.programs]
        found = shutil.which(name, path=os.pathsep.join(folders))
        return Path(found) if found else None

    def run(
        self,
        argv: Sequence[str],
        *,
        seconds: float = COMMAND_SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> Result:
        """Run `argv` to its end. Raises `PorterError` if it cannot start or takes too long."""
        try:
            done = subprocess.run(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                env={**os.environ, **(environment or {})},
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise PorterError(f"did not end within {seconds:g} s", where=argv[0]) from error
        except OSError as error:
            raise PorterError(f"cannot be run: {error.strerror}", where=argv[0]) from error
        return Result(done.returncode, done.stdout.decode(errors="replace"))

    def unit(self, name: str) -> UnitState | None:
        """What systemd says of the unit `name`; None where there is no systemctl."""
        systemctl = self.program("systemctl")
        if systemctl is None:
            return None
        show = "--property=ActiveState,SubState,Result,NRestarts"
        shown = self.run([str(systemctl), "show", show, name])
        enabled = self.run([str(systemctl), "is-enabled", name])
        facts = dict(line.split("=", 1) for line in shown.output.splitlines() if "=" in line)
        return UnitState(
            active=facts.get("ActiveState", "inactive"),
            sub=facts.get("SubState", "dead"),
            result=facts.get("Result", ""),
            restarts=facts.get("NRestarts", ""),
            enabled=enabled.exit_code == 0,
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the machine for one apply. Raises `PorterError` if another one is at it."""
        path = self.layout.lock
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("w")
        except OSError as error:
            raise _refused("write", path, error) from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PorterError(
                    "another `porter host apply` is running", where=str(path), cure="let it finish"
                ) from None
            yield


def _refused(verb: str, path: Path, error: OSError) -> PorterError:
    cure = "run it as root" if isinstance(error, PermissionError) else ""
    return PorterError(f"cannot {verb} it: {error.strerror}", where=str(path), cure=cure)
