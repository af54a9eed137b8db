"""The units of one machine: load, enable and run them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.played.path import PathWatch
from porter.rehearsal.machines.played.run import Surroundings
from porter.rehearsal.machines.played.service import Service, State
from porter.rehearsal.machines.played.unit import PATH, Unit, parse

FOLDER = Path("etc/systemd/system")


class NoSuchUnitError(PorterError):
    """There is no such unit, neither loaded nor on disk."""


class Units:
    """The units; a unit file is read when it is first named, and by `reload_files`."""

    def __init__(self, around: Surroundings, changed: Callable[[str, str], None]) -> None:
        self._around = around
        self._folder = around.root / FOLDER
        self._changed = changed
        self._services: dict[str, Service | PathWatch] = {}

    def service(self, name: str) -> Service | PathWatch:
        """Return the unit `name`. Raises `NoSuchUnitError`, or `PorterError` for a bad file."""
        if name not in self._services:
            unit = self._read(name)
            self._services[name] = (
                PathWatch(unit, self._changed, self._activate)
                if name.endswith(PATH)
                else Service(unit, self._around, self._changed)
            )
        return self._services[name]

    async def _activate(self, name: str) -> None:
        await self.service(name).start()

    def state(self, name: str) -> State | None:
        """Return the state of `name`; None if there is no such unit."""
        try:
            return self.service(name).state
        except NoSuchUnitError:
            return None

    def reload_files(self) -> None:
        """Read every unit file again (`daemon-reload`). Raises `PorterError` for a bad file."""
        for name, service in list(self._services.items()):
            try:
                service.unit = self._read(name)
            except NoSuchUnitError:
                if service.state.active in ("inactive", "failed"):
                    del self._services[name]
        for path in sorted(self._folder.glob("*.*")):
            if path.suffix in (".service", PATH):
                self._read(path.name)

    def enable(self, name: str) -> list[Path]:
        """Link the unit into the targets of its `WantedBy`; return the new links."""
        made = []
        for link in self._links(name):
            if not link.is_symlink():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(self._folder / name)
                made.append(link)
        return made

    def disable(self, name: str) -> list[Path]:
        """Remove the unit's links and return them. The unit file may be gone."""
        links = [link for link in self._folder.glob(f"*.wants/{name}") if link.is_symlink()]
        if not links and not (self._folder / name).exists():
            raise NoSuchUnitError(f"Unit file {name} does not exist.")
        for link in links:
            link.unlink()
        return links

    def is_enabled(self, name: str) -> bool:
        """Whether a target wants the unit. Raises `NoSuchUnitError`."""
        self._read(name)
        return any(link.is_symlink() for link in self._folder.glob(f"*.wants/{name}"))

    async def stop_all(self, seconds: float) -> None:
        """Stop all units at once, and wait up to `seconds`."""
        jobs = [asyncio.create_task(service.stop()) for service in self._services.values()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await asyncio.gather(*jobs)

    def _links(self, name: str) -> list[Path]:
        return [self._folder / f"{target}.wants" / name for target in self._read(name).wanted_by]

    def _read(self, name: str) -> Unit:
        path = self._folder / name
        if "/" in name or not path.is_file():
            raise NoSuchUnitError(f"Unit {name} not found.")
        return parse(name, path.read_bytes().decode())
