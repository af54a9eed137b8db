"""Executes steps, and says what went wrong in one line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from porter.errors import PorterError
from porter.host.account import account, last_words
from porter.host.docker.engine import Engine
from porter.host.docker.fetch import fetch
from porter.host.docker.order import FetchImage
from porter.host.docker.removal import RemoveOld, remove_old
from porter.host.download import download
from porter.host.failure import redacted
from porter.host.machine import Machine
from porter.host.perform_swap import perform_swap
from porter.host.perform_updates import install_updates
from porter.host.security_updates import InstallUpdates
from porter.host.steps import (
    ChangeUnit,
    DaemonReload,
    Download,
    InstallPackages,
    MoveFile,
    RemoveFile,
    RemoveFolder,
    Run,
    SetUp,
    Step,
    WriteFile,
)
from porter.host.systems import PackageManager

INSTALL_SECONDS = 300.0
"""Deadline of one package manager command, waiting for its lock included."""


def perform(step: Step, machine: Machine) -> None:  # noqa: C901 - a case for each kind of step
    """Do `step`. Raises `PorterError` naming command, exit code and last lines of output."""
    match step:
        case WriteFile(path, content, mode):
            machine.write(path, content, mode)
        case MoveFile(source, target):
            machine.move(source, target)
        case RemoveFile(path):
            machine.remove(path)
        case RemoveFolder(path):
            machine.remove_folder(path)
        case Run(argv):
            _must_succeed(machine, argv)
        case SetUp():
            _set_up(machine, step)
        case Download() | FetchImage() | RemoveOld():
            _bring_or_remove(step)
        case InstallPackages(names, manager):
            _install(machine, manager, names)
        case InstallUpdates():
            install_updates(step, machine)
        case DaemonReload():
            _must_succeed(machine, (_found(machine, "systemctl"), "daemon-reload"))
        case ChangeUnit(verb, unit):
            _change_unit(machine, verb, unit)
        case _:
            perform_swap(step, machine)


def _bring_or_remove(step: Download | FetchImage | RemoveOld) -> None:
    if isinstance(step, Download):
        download(step.package, step.path, step.region)
    elif isinstance(step, RemoveOld):
        remove_old(Engine(), step)
    else:
        fetch(Engine(), step.order)


def _change_unit(machine: Machine, verb: str, unit: str) -> None:
    # Links alone change nothing that runs: reading every unit again is a step of its own.
    quick = ("--no-reload",) if verb in ("enable", "disable", "mask") else ()
    argv = (_found(machine, "systemctl"), verb, *quick, unit)
    result = machine.run(argv)
    if result.exit_code:
        # systemctl itself only says where to look for the reason.
        _check(argv, result.exit_code, account(machine, unit) or result.output)


def _install(machine: Machine, manager: PackageManager, names: tuple[str, ...]) -> None:
    program = _found(machine, manager.program)
    warnings = ""
    for arguments in manager.runs(names):
        argv = (program, *arguments)
        result = machine.run(argv, seconds=INSTALL_SECONDS, environment=manager.environment)
        _check(argv, result.exit_code, f"{warnings}\n{result.output}")
        # Without its mirror `apt-get update` only warns, and what follows misses a package.
        lines = result.output.splitlines()
        warnings = "\n".join(line for line in lines if line.startswith("W: "))


def _set_up(machine: Machine, step: SetUp) -> None:
    command = f"`{shlex.join(step.argv)}`"
    try:
        script = machine.run_script(
            step.argv,
            folder=step.folder,
            environment=step.environment,
            seconds=step.seconds,
            log=step.log,
        )
    except PorterError as error:
        raise PorterError(f"{command} {error.what}", where=step.name) from error
    output = redacted(machine, script.output) if script.exit_code != 0 else ""
    if script.exit_code is None:
        late = f"{command} did not end within {step.seconds} s: {last_words(output)}"
        raise PorterError(late, where=step.name)
    _check(step.argv, script.exit_code, output, where=step.name)


def _found(machine: Machine, name: str) -> str:
    program = machine.program(name)
    if program is None:
        raise PorterError(f"there is no {name}", where=str(machine.layout.root))
    return str(program)


def _must_succeed(machine: Machine, argv: Sequence[str]) -> None:
    result = machine.run(argv)
    _check(argv, result.exit_code, result.output)


def _check(argv: Sequence[str], exit_code: int, output: str, *, where: str = "") -> None:
    if exit_code == 0:
        return
    ending = f"exit code {exit_code}" if exit_code > 0 else f"killed by signal {-exit_code}"
    what = f"`{shlex.join(argv)}` failed, {ending}: {last_words(_alerts(output))}"
    raise PorterError(what, where=where)


def _alerts(output: str) -> str:
    """Of HAProxy's output, why it refuses: what it merely notices or warns of is left out."""
    alerts = [line for line in output.splitlines() if line.startswith("[ALERT]")]
    return "\n".join(alerts) or output
