"""Play the cloud-config on the machine in cloud-init's order: files, then commands."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from porter.rehearsal.machines.played import journal
from porter.rehearsal.machines.played.children import Children, Execution
from porter.rehearsal.machines.played.cloud_config import CloudConfig, File

NOT_FOUND = 127
"""The exit code of a shell for a command that does not exist."""


async def play(
    config: CloudConfig, root: Path, children: Children, environment: Mapping[str, str]
) -> int:
    """Write the files and run the commands; return the first exit code that is not 0.

    Commands after a failed one still run, as in cloud-init, whose script has no `-e`.
    """
    if config.packages:
        _note(root, f"packages are not installed in a rehearsal: {', '.join(config.packages)}")
    for file in config.files:
        _write(root, file)
    code = 0
    for number, command in enumerate(config.commands):
        ended = await _run(command, root, children, environment)
        _note(root, f"runcmd/{number} ended with {ended}")
        code = code or ended
    return code


async def _run(
    command: tuple[str, ...], root: Path, children: Children, environment: Mapping[str, str]
) -> int:
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        _note(root, f"cannot find {command[0]!r}")
        return NOT_FOUND
    execution = Execution(
        argv=command,
        executable=program,
        environment=environment,
        directory=root,
        log=journal.path_of(root, journal.CLOUD_INIT),
    )
    return await children.spawn(execution).wait()


def _write(root: Path, file: File) -> None:
    path = root / file.path.relative_to("/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(file.content)
    path.chmod(file.mode)


def _note(root: Path, text: str) -> None:
    journal.note(root, journal.CLOUD_INIT, text)
