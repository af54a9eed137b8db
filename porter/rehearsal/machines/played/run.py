"""One run of a unit, from its ExecStartPre to the end of its last process."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import secrets
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.played import journal, preparation
from porter.rehearsal.machines.played.children import Child, Children
from porter.rehearsal.machines.played.ending import (
    EXIT_CHDIR,
    EXIT_EXEC,
    Ending,
    StartError,
    of_process,
)
from porter.rehearsal.machines.played.notification import Notifications
from porter.rehearsal.machines.played.process_tree import carries, descendants, send
from porter.rehearsal.machines.played.unit import Unit
from porter.rehearsal.machines.played.values import Command

_KILL_SECONDS = 5.0


@dataclass(frozen=True)
class Surroundings:
    """What all units of a machine share; each unit gets `environment`."""

    root: Path
    children: Children
    environment: Mapping[str, str]

    def note(self, unit: str, text: str) -> None:
        """Write a line to the unit's log."""
        journal.note(self.root, unit, text)


class Run:
    """One start of `unit`, with the processes that result from it.

    As in systemd, `INVOCATION_ID` in their environment identifies them. So a daemon that left its
    parent and its session is found, too.
    """

    def __init__(self, unit: Unit, around: Surroundings) -> None:
        self._unit = unit
        self._around = around
        self._invocation = secrets.token_hex(16)
        self._environment: dict[str, str] = {}
        self._main: Child | None = None
        self._notifications = Notifications()

    async def start(self) -> None:
        """Run `ExecStartPre`, then `ExecStart`, until the unit counts as started by its `Type`.

        Raises `StartError`; the caller must then call `end`.
        """
        unit = self._unit
        limit = preparation.file_limit(unit)
        if limit != unit.limit_nofile:
            self._note(f"LimitNOFILE is lowered to {limit}, this computer's limit")
        try:
            async with asyncio.timeout(_finite(unit.timeout_start)):
                await self._bring_up()
        except TimeoutError:
            what = f"did not start within {unit.timeout_start:g} seconds"
            raise StartError(Ending("timeout", 0, what)) from None
        self._note(f"Started {unit.description or unit.name}.")

    async def wait(self) -> Ending:
        """Return how the main process ended."""
        return of_process(await self._started().wait(), "the main process")

    async def reload(self, unit: Unit) -> None:
        """Run the `ExecReload` commands of `unit`, with `$MAINPID`. Raises `PorterError`."""
        self._environment["MAINPID"] = str(self._started().pid)
        try:
            async with asyncio.timeout(_finite(unit.timeout_start)):
                for command in unit.exec_reload:
                    await self._control(command)
        except TimeoutError:
            what = f"did not reload within {unit.timeout_start:g} seconds"
            raise PorterError(what, where=unit.name) from None

    async def end(self, *, restarting: bool) -> None:
        """End the run's processes: `KillSignal`, `TimeoutStopSec`, SIGKILL."""
        unit = self._unit
        kindly = self._members()
        if unit.kill_mode == "mixed" and self._main:
            kindly &= {self._main.pid}
        send(kindly, unit.kill_signal)
        # systemd continues stopped processes, so that they can handle the signal.
        send(kindly, signal.SIGCONT)
        if not await self._gone(_finite(unit.timeout_stop) or math.inf):
            self._note(f"did not stop within {unit.timeout_stop:g} seconds, killing it")
        await self._gone(_KILL_SECONDS, kill=True)
        self._notifications.close()
        preparation.clear(unit, self._around.root, restarting=restarting)

    async def _bring_up(self) -> None:
        unit = self._unit
        base = {**self._around.environment, "INVOCATION_ID": self._invocation}
        if unit.type == "notify":
            await self._notifications.open()
            base["NOTIFY_SOCKET"] = self._notifications.address
        try:
            self._environment = preparation.prepare(unit, self._around.root, base)
        except PorterError as error:
            raise StartError(Ending("resources", 0, str(error))) from error
        for command in unit.exec_start_pre:
            await self._control(command)
        if unit.type == "oneshot":
            await self._control(unit.exec_start)
            return
        self._main = self._spawn(unit.exec_start)
        if unit.type == "notify":
            await self._ready()

    async def _gone(self, seconds: float, *, kill: bool = False) -> bool:
        """Wait for the last process, killing with `kill`. Return False after `seconds`."""
        deadline = time.monotonic() + seconds
        pause = 0.005
        while left := self._members():
            if time.monotonic() > deadline:
                return False
            if kill:
                send(left, signal.SIGKILL)
            elif self._unit.kill_mode == "mixed" and self._main and self._main.pid not in left:
                return True
            await asyncio.sleep(pause)
            pause = min(pause * 2, 0.1)
        return True

    def _members(self) -> set[int]:
        mark = f"INVOCATION_ID={self._invocation}".encode()
        found = {pid for pid in descendants(os.getpid()) if carries(pid, mark)}
        if self._main and not self._main.exited.done():
            found.add(self._main.pid)
        return found

    def _spawn(self, command: Command) -> Child:
        directory = self._unit.working_directory
        try:
            execution = preparation.execution(
                self._unit, self._around.root, command, self._environment
            )
            return self._around.children.spawn(execution)
        except (OSError, PorterError) as error:
            lost = isinstance(error, OSError) and error.filename == str(directory)
            why = error.what if isinstance(error, PorterError) else error
            what = f"cannot execute {command.program}: {why}"
            status = EXIT_CHDIR if lost else EXIT_EXEC
            ending = Ending("exit-code", status, what, os.CLD_EXITED)
            raise StartError(ending) from error

    async def _control(self, command: Command) -> None:
        """Run a command beside the main process. Raises `StartError` if it fails."""
        child = self._spawn(command)
        try:
            ending = of_process(await child.wait(), command.program)
        except asyncio.CancelledError:
            send({child.pid}, signal.SIGKILL)
            raise
        if not ending.clean and not command.ignore_failure:
            raise StartError(ending)

    async def _ready(self) -> None:
        """Wait until the main process is ready. Raises `StartError` if it ends first."""
        notifications = self._notifications
        ready = asyncio.create_task(notifications.ready.wait())
        ended = asyncio.create_task(self.wait())
        try:
            await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not notifications.ready.is_set():
                raise StartError(_too_early(ended.result()))
        finally:
            for task in (ready, ended):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        if notifications.main_pid is not None:
            self._main = self._around.children.adopt(notifications.main_pid)

    def _started(self) -> Child:
        if self._main is None:
            raise RuntimeError("nothing was started")
        return self._main

    def _note(self, text: str) -> None:
        self._around.note(self._unit.name, text)


def _too_early(ending: Ending) -> Ending:
    """Return a clean end before readiness as the failure `protocol`."""
    return Ending("protocol", 0, "ended before it was ready") if ending.clean else ending


def _finite(seconds: float) -> float | None:
    """Return a time-out for asyncio: to systemd, 0 and infinity mean none."""
    return None if seconds in (0, math.inf) else seconds
