"""Watch for one path unit: start its unit while the path exists (systemd.path(5))."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from porter.errors import PorterError
from porter.rehearsal.machines.played.service import State
from porter.rehearsal.machines.played.unit import Unit

LOOK_SECONDS = 0.2
"""Between two looks; the kernel notifies systemd (inotify(7))."""


class PathWatch:
    """A path unit; `activate` starts the unit of this name, unless it is active."""

    def __init__(
        self,
        unit: Unit,
        changed: Callable[[str, str], None],
        activate: Callable[[str], Awaitable[None]],
    ) -> None:
        self.unit = unit
        self.state = State()
        self._changed = changed
        self._activate = activate
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Watch, unless it does."""
        if self._task is None:
            self._enter("active", "waiting")
            self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Watch no longer; the unit that was started runs on."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            self._enter("inactive", "dead")

    async def reload(self) -> None:
        """Raise `PorterError`: no path unit can be reloaded."""
        raise PorterError("is no service, cannot reload", where=self.unit.name)

    async def _watch(self) -> None:
        while True:
            if self.unit.path_exists and self.unit.path_exists.exists():
                with contextlib.suppress(PorterError):  # its own log says why; systemd tries again
                    await self._activate(self.unit.activates)
            await asyncio.sleep(LOOK_SECONDS)

    def _enter(self, active: str, sub: str) -> None:
        self.state.active, self.state.sub = active, sub
        self._changed(self.unit.name, active)
