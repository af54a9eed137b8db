"""One run of a unit: from its ExecStartPre to the end of its last process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machine import journal, preparation
from porter.rehearsal.machine.children import Child, Children
from porter.rehearsal.machine.notification import Notifications
from porter.rehearsal.machine.process_tree import carries, descendants, send
from porter.rehearsal.machine.unit import Unit
from porter.rehearsal.machine.values import Command

_CLEAN_SIGNALS = {signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE}


@dataclass(frozen=True)
class Surroundings:
    """The machine around its units; `environment` is what every unit gets."""

    root: Path
    children: Children
    environment: Mapping[str, str]

    def note(self, unit: str, text: str) -> None:
        """Say something in the unit's log."""
        journal.note(self.root, unit, text)


class EndError(PorterError):
    """The end of a run: `result` and `status` in systemd's words, and whether it is a clean one."""

    def __init__(self, result: str, status: int, what: str) -> None:
        super().__init__(what)
        self.result = result
        self.status = status
        self.clean = result == "success"


class Run:
    """One start of `unit` and the processes that come of it.

    They are known by the `INVOCATION_ID` in their environment, as systemd sets it: so a daemon
    that left both its parent and its session is found too.
    """

    def __init__(self, unit: Unit, around: Surroundings) -> None:
        self._unit = unit
        self._around = around
        self._invocation = secrets.token_hex(16)
        self._environment: dict[str, str] = {}
        self._main: Child | None = None

    async def start(self) -> None:
        """Run `ExecStartPre`, then `ExecStart` until `Type` calls it started. Raises `EndError`."""
        unit = self._unit
        limit = preparation.file_limit(unit)
        if limit != unit.limit_nofile:
            self._around.note(unit.name, f"LimitNOFILE is {limit}: this machine allows no more")
        base = {**self._around.environment, "INVOCATION_ID": self._invocation}
        try:
            async with (
                asyncio.timeout(_finite(unit.timeout_start)),
                Notifications() as notifications,
            ):
                if unit.type == "notify":
                    base["NOTIFY_SOCKET"] = notifications.address
                self._environment = preparation.prepare(unit, self._around.root, base)
                for command in unit.exec_start_pre:
                    await self._control(command)
                self._main = self._spawn(unit.exec_start[0])
                if unit.type == "notify":
                    await self._ready(notifications)
        except TimeoutError:
            raise EndError(
                "timeout", 0, f"did not start within {unit.timeout_start:g} seconds"
            ) from None
        except EndError:
            raise
        except PorterError as error:
            raise EndError("resources", 0, str(error)) from error
        self._around.note(unit.name, f"Started {unit.description or unit.name}.")

    async def wait(self) -> EndError:
        """How the main process ended."""
        if self._main is None:
            raise RuntimeError("a run that was not started has no end")
        return _ending(await self._main.wait(), "the main process")

    async def reload(self, unit: Unit) -> None:
        """Run the `ExecReload` commands of `unit`, with `$MAINPID`. Raises `PorterError`."""
        self._environment["MAINPID"] = str(self._main.pid if self._main else "")
        async with asyncio.timeout(_finite(unit.timeout_start)):
            for command in unit.exec_reload:
                await self._control(command)

    async def end(self, *, restarting: bool) -> None:
        """End what is left of the run: `KillSignal`, `TimeoutStopSec`, SIGKILL."""
        unit = self._unit
        kindly = self._members()
        if unit.kill_mode == "mixed" and self._main:
            kindly &= {self._main.pid}
        send(kindly, unit.kill_signal)
        # systemd wakes stopped processes, so that they can act on the signal.
        send(kindly, signal.SIGCONT)
        if not await self._gone(_finite(unit.timeout_stop)):
            self._around.note(
                unit.name, f"did not stop within {unit.timeout_stop:g} seconds, killing it"
            )
        await self._gone(5, kill=True)
        preparation.clear(unit, self._around.root, restarting=restarting)

    async def _gone(self, seconds: float | None, *, kill: bool = False) -> bool:
        """Wait for the last process; with `kill`, end all there are. False when time is up."""
        deadline = time.monotonic() + (seconds or 3600)
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
        execution = preparation.execution(self._unit, self._around.root, command, self._environment)
        try:
            return self._around.children.spawn(execution)
        except OSError as error:
            # 203 is systemd's EXIT_EXEC, 200 its EXIT_CHDIR.
            status = 200 if error.filename == str(execution.directory) else 203
            raise EndError(
                "exit-code", status, f"cannot execute {command.path}: {error}"
            ) from error

    async def _control(self, command: Command) -> None:
        """A command beside the main process: it must end, and well."""
        child = self._spawn(command)
        try:
            ended = _ending(await child.wait(), command.path)
        except asyncio.CancelledError:
            send({child.pid}, signal.SIGKILL)
            raise
        if not ended.clean and not command.ignore_failure:
            raise ended

    async def _ready(self, notifications: Notifications) -> None:
        """Until the main process says so, or ends."""
        if self._main is None:
            raise RuntimeError("nothing was started")
        ready = asyncio.ensure_future(notifications.ready.wait())
        ended = asyncio.ensure_future(self._main.wait())
        try:
            await asyncio.wait({ready, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not notifications.ready.is_set():
                failure = _ending(ended.result(), "the main process")
                raise (
                    EndError("protocol", 0, "ended before it was ready")
                    if failure.clean
                    else failure
                )
        finally:
            for task in (ready, ended):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        if notifications.main_pid not in (None, self._main.pid):
            self._main = self._around.children.adopt(notifications.main_pid or 0)


def _ending(returncode: int, who: str) -> EndError:
    """0 and a few signals are a clean end (systemd.service(5), SuccessExitStatus=)."""
    if returncode >= 0:
        return EndError(
            "exit-code" if returncode else "success", returncode, f"{who} exited with {returncode}"
        )
    number = signal.Signals(-returncode)
    result = "success" if number in _CLEAN_SIGNALS else "signal"
    return EndError(result, number, f"{who} was ended by {number.name}")


def _finite(seconds: float) -> float | None:
    return None if seconds == float("inf") else seconds
