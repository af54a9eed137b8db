"""Run one service unit: start, watch, restart, reload, stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from porter.errors import PorterError
from porter.rehearsal.machines.played.ending import Ending, StartError
from porter.rehearsal.machines.played.run import Run, Surroundings
from porter.rehearsal.machines.played.unit import Unit


@dataclass
class State:
    """The values of `systemctl show`."""

    active: str = "inactive"
    sub: str = "dead"
    result: str = "success"
    exec_main_code: int = 0
    exec_main_status: int = 0
    restarts: int = 0
    started_at: float = 0.0


class Service:
    """One unit; its jobs (`start`, `stop`, `reload`) run one after the other.

    `unit` may be replaced at any time (`daemon-reload`), which takes effect at the next start.
    """

    def __init__(
        self, unit: Unit, around: Surroundings, changed: Callable[[str, str], None]
    ) -> None:
        self.unit = unit
        self.state = State()
        self._around = around
        self._changed = changed
        self._job = asyncio.Lock()
        self._run: Run | None = None
        self._watch: asyncio.Task[None] | None = None
        self._starts: deque[float] = deque()

    async def start(self) -> None:
        """Start, unless active. Raises `StartError`; `Restart` may still start the unit later.

        A unit whose conditions are not met stays down without an error.
        """
        async with self._job:
            if self.state.active == "active" or not self._may_start:
                return
            await self._leave()
            self.state.restarts = 0
            failure = await self._attempt()
            self._watch = asyncio.create_task(self._live(failure))
            if failure:
                raise StartError(failure)

    async def stop(self) -> None:
        """End every process of the unit: by signal within `TimeoutStopSec`, then by SIGKILL."""
        async with self._job:
            if self.state.active in ("inactive", "failed"):
                return
            self._enter("deactivating", "stop-sigterm")
            await self._leave()
            self.state.result = "success"
            self._enter("inactive", "dead")

    async def reload(self) -> None:
        """Run `ExecReload`. Raises `PorterError` if it fails, or if there is none."""
        async with self._job:
            if self._run is None or self.state.active != "active":
                raise PorterError("is not active, cannot reload", where=self.unit.name)
            if not self.unit.exec_reload:
                raise PorterError("has no ExecReload", where=self.unit.name)
            await self._run.reload(self.unit)

    @property
    def _may_start(self) -> bool:
        return all(path.exists() is wanted for path, wanted in self.unit.conditions)

    async def _attempt(self) -> Ending | None:
        """Start once; after a failure no process is left."""
        if self._too_often():
            failure = Ending("start-limit-hit", 0, "start request repeated too quickly")
            self._fail(failure)
            return failure
        self._enter("activating", "start")
        self.state.exec_main_code = self.state.exec_main_status = 0
        self.state.started_at = time.monotonic()
        self._run = Run(self.unit, self._around)
        try:
            await self._run.start()
        except StartError as error:
            failure = error.ending
            await self._run.end(restarting=self._restarts_after(failure))
            self._fail(failure)
            return failure
        self.state.result = "success"
        self._enter(*self._started())
        return None

    def _started(self) -> tuple[str, str]:
        """Return the state after a successful start: a `oneshot` has ended by then."""
        if self.unit.type != "oneshot":
            return "active", "running"
        return ("active", "exited") if self.unit.remain_after_exit else ("inactive", "dead")

    async def _live(self, failure: Ending | None) -> None:
        """Wait for the end of each run, and start again if `Restart` says so."""
        while failure or self.unit.type != "oneshot":
            ended = failure or await self._end_of_run()
            if not self._restarts_after(ended):
                return
            self._enter("activating", "auto-restart")
            await asyncio.sleep(self.unit.restart_seconds)
            if not self._may_start:
                self._enter("inactive", "dead")
                return
            self.state.restarts += 1
            failure = await self._attempt()

    async def _end_of_run(self) -> Ending:
        """Wait until the main process ended, and end the others."""
        if self._run is None:
            raise RuntimeError("the service was never started")
        ended = await self._run.wait()
        await self._run.end(restarting=self._restarts_after(ended))
        self._fail(ended)
        return ended

    async def _leave(self) -> None:
        """Stop watching, and end what still runs."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        if self._run is not None:
            await self._run.end(restarting=False)
            self._run = None

    def _restarts_after(self, ended: Ending) -> bool:
        """systemd.service(5), table "Exit causes and the effect of the Restart= settings"."""
        if ended.result == "start-limit-hit":
            return False
        return self.unit.restart == "always" or (
            self.unit.restart == "on-failure" and not ended.clean
        )

    def _too_often(self) -> bool:
        """Whether this start is one more than `StartLimitBurst` within `StartLimitIntervalSec`."""
        now = time.monotonic()
        while self._starts and self._starts[0] <= now - self.unit.start_limit_interval:
            self._starts.popleft()
        if self.unit.start_limit_interval and len(self._starts) >= self.unit.start_limit_burst:
            return True
        self._starts.append(now)
        return False

    def _fail(self, ended: Ending) -> None:
        self._around.note(self.unit.name, ended.what)
        if ended.result != "start-limit-hit":
            self.state.exec_main_code = ended.code
            self.state.exec_main_status = ended.status
        self.state.result = ended.result
        self._enter(*(("inactive", "dead") if ended.clean else ("failed", "failed")))

    def _enter(self, active: str, sub: str) -> None:
        self.state.active, self.state.sub = active, sub
        self._changed(self.unit.name, active)
