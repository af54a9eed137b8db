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
from porter.host import haproxy_api, probe
from porter.host.layout import Layout
from porter.host.script import Script, run_script
from porter.host.unit_state import PROPERTIES, UnitState
from porter.spec import HealthCheck

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
class KernelSetting:
    """The value of a kernel setting, and whether it can be changed: in a container, few can."""

    value: str
    writable: bool


class BusyError(PorterError):
    """Another `porter host apply` is at work on this machine."""


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

    def append(self, path: Path, text: str, *, most: int) -> None:
        """Add `text` to the log at `path`, for root alone; above `most` bytes it begins anew.

        What was before stays beside it, as `NAME.1`.
        """
        try:
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size > most:
                path.replace(path.with_name(f"{path.name}.1"))
            with os.fdopen(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640), "a"
            ) as file:
                file.write(text)
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

    def remove_folder(self, path: Path) -> None:
        """Remove the folder at `path` and all in it, if there is one."""
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            return
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

    def run_script(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        seconds: float,
        log: Path,
    ) -> Script:
        """Run the user's `argv` in `folder`, its output going to `log`; after `seconds` kill it.

        Raises `PorterError` if it cannot start.
        """
        return run_script(argv, folder=folder, environment=environment, seconds=seconds, log=log)

    def units(self, *names: str) -> dict[str, UnitState]:
        """What systemd says of the units `names`; nothing where there is no systemctl.

        One call for all: `systemctl show` prints a paragraph for each, in their order. Raises
        `PorterError` if systemd does not answer: units that run must not be taken for stopped.
        """
        systemctl = self.program("systemctl")
        if systemctl is None or not names:
            return {}
        shown = self.run([str(systemctl), "show", PROPERTIES, *names])
        if shown.exit_code:
            said = " ".join(shown.output.split()) or f"exit code {shown.exit_code}"
            cure = "systemctl is-system-running"
            raise PorterError(f"systemd does not answer: {said}", where="systemctl show", cure=cure)
        paragraphs = shown.output.strip("\n").split("\n\n")
        return dict(zip(names, map(UnitState.of, paragraphs), strict=False))

    def haproxy(self, command: str) -> str:
        """What the running HAProxy answers to `command`. Raises `PorterError` if it does not."""
        return haproxy_api.ask(self.layout.haproxy_runtime, command)

    def problem(self, port: int, check: HealthCheck) -> str:
        """Why the process on `port` does not pass `check` now; empty if it does."""
        return probe.problem_of(port, check)

    def is_free(self, port: int) -> bool:
        """Whether nothing listens on `port`."""
        return probe.is_free(port)

    def kernel(self, key: str) -> KernelSetting | None:
        """The kernel setting `key` (sysctl(8)) as it is now; None where there is none."""
        path = self.layout.kernel(key)
        found = self.read(path)
        if found is None:
            return None
        value = " ".join(found.content.decode(errors="replace").split())
        return KernelSetting(value, writable=os.access(path, os.W_OK))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the machine for one apply. Raises `BusyError` if another one is at it."""
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
                raise BusyError(
                    "another `porter host apply` is running", where=str(path), cure="let it finish"
                ) from None
            yield


def _refused(verb: str, path: Path, error: OSError) -> PorterError:
    cure = "run it as root" if isinstance(error, PermissionError) else ""
    return PorterError(f"cannot {verb} it: {error.strerror}", where=str(path), cure=cure)
