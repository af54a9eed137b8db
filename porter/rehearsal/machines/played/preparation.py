"""Prepare a unit's start: directories, credentials, environment, limits."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Mapping
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.played import env_file, isolation, journal
from porter.rehearsal.machines.played.children import Execution
from porter.rehearsal.machines.played.unit import Unit
from porter.rehearsal.machines.played.values import Command
from porter.rehearsal.machines.played.words import expand


def prepare(unit: Unit, root: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Make directories and credentials; return the environment of the unit's processes.

    As in systemd, the unit's `Environment` overrides `environment`, and its files override both.
    Raises `PorterError` if a credential or an environment file cannot be read.
    """
    return {
        **isolation.prepare(unit, root, environment),
        **_variables(unit, root),
        **_credentials(unit, root),
        **dict(unit.environment),
        **_environment_files(unit),
    }


def execution(
    unit: Unit, root: Path, command: Command, environment: Mapping[str, str]
) -> Execution:
    """Return how to start `command`. Raises `PorterError` if its program is not found."""
    program = command.program
    if "/" not in program:
        program = shutil.which(program, path=environment["PATH"]) or ""
        if not program:
            raise PorterError(f"{command.program} is not installed", where=unit.name)
    arguments = command.arguments
    if command.expand:
        arguments = tuple(expand(arguments, environment))
    return Execution(
        argv=(command.program, *arguments),
        executable=program,
        environment=environment,
        directory=unit.working_directory or root,
        log=journal.path_of(root, unit.name),
        umask=unit.umask,
        file_limit=file_limit(unit),
        strict=unit.strict,
        sandbox=isolation.of_unit(
            unit,
            root,
            [path for paths in _directories(unit, root).values() for path in paths],
            _credentials_directory(unit, root),
        ),
    )


def file_limit(unit: Unit) -> tuple[int, int] | None:
    """Return `LimitNOFILE`, lowered to what a process without privileges may set."""
    if unit.limit_nofile is None:
        return None
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return unit.limit_nofile
    # RLIM_INFINITY is -1 in Python, but the largest value to the kernel.
    soft, hard = (most if value < 0 else min(value, most) for value in unit.limit_nofile)
    return soft, hard


def clear(unit: Unit, root: Path, *, restarting: bool) -> None:
    """Remove a unit's credentials and runtime directories after it stopped."""
    isolation.clear(unit, root)
    shutil.rmtree(_credentials_directory(unit, root), ignore_errors=True)
    if unit.runtime_preserve == "no" or (unit.runtime_preserve == "restart" and not restarting):
        for name in unit.runtime_directories:
            shutil.rmtree(root / "run" / name, ignore_errors=True)


def _directories(unit: Unit, root: Path) -> dict[str, list[Path]]:
    """Return the folders that systemd makes for the unit, by the variable that names them."""
    kinds = (
        ("RUNTIME_DIRECTORY", "run", unit.runtime_directories),
        ("STATE_DIRECTORY", "var/lib", unit.state_directories),
        ("CACHE_DIRECTORY", "var/cache", unit.cache_directories),
        ("LOGS_DIRECTORY", "var/log", unit.logs_directories),
    )
    return {
        variable: [root / parent / name for name in names]
        for variable, parent, names in kinds
        if names
    }


def _variables(unit: Unit, root: Path) -> dict[str, str]:
    modes = {
        "RUNTIME_DIRECTORY": unit.runtime_mode,
        "STATE_DIRECTORY": unit.state_mode,
        "CACHE_DIRECTORY": 0o755,
        "LOGS_DIRECTORY": unit.logs_mode,
    }
    folders = _directories(unit, root)
    for variable, paths in folders.items():
        for path in paths:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(modes[variable])
    return {variable: ":".join(map(str, paths)) for variable, paths in folders.items()}


def _credentials_directory(unit: Unit, root: Path) -> Path:
    return root / "run/credentials" / unit.name


def _credentials(unit: Unit, root: Path) -> dict[str, str]:
    """Copy credentials for the unit's user only, again at every start."""
    directory = _credentials_directory(unit, root)
    shutil.rmtree(directory, ignore_errors=True)
    if not unit.credentials:
        return {}
    directory.mkdir(parents=True, mode=0o700)
    for name, source in unit.credentials:
        try:
            content = source.read_bytes()
        except OSError as error:
            raise PorterError(f"LoadCredential={name}: {error}", where=unit.name) from error
        copy = directory / name
        copy.touch(mode=0o600)
        copy.write_bytes(content)
        copy.chmod(0o400)
    return {"CREDENTIALS_DIRECTORY": str(directory)}


def _environment_files(unit: Unit) -> dict[str, str]:
    variables: dict[str, str] = {}
    for path, may_be_missing in unit.environment_files:
        if may_be_missing and not path.exists():
            continue
        try:
            variables |= env_file.parse(path.read_bytes().decode())
        except (OSError, UnicodeDecodeError) as error:
            raise PorterError(f"EnvironmentFile={path}: {error}", where=unit.name) from error
        except PorterError as error:
            raise PorterError(f"EnvironmentFile={path}: {error}", where=unit.name) from error
    return variables
