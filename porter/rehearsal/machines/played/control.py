"""Answer the machine's `systemctl` and `journalctl` with systemd's exit codes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.machines.played import journal
from porter.rehearsal.machines.played.ending import StartError
from porter.rehearsal.machines.played.units import NoSuchUnitError, Units

SOCKET = Path("run/init.sock")
"""Init's socket, below the machine's root."""


@dataclass(frozen=True)
class Answer:
    """The program's output and exit code (systemctl(1), "Exit status")."""

    code: int = 0
    out: str = ""
    err: str = ""


class Control:
    """One request per connection: the call's words, then the answer's parts, between null bytes."""

    def __init__(self, units: Units, root: Path) -> None:
        self._units = units
        self._root = root
        self._verbs: dict[str, Callable[[str], Awaitable[Answer]]] = {
            "start": self._start,
            "restart": self._restart,
            "reload": self._reload,
            "stop": self._stop,
            "enable": self._enable,
            "disable": self._disable,
            "is-active": self._is_active,
            "is-enabled": self._is_enabled,
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection; a job goes on if its client disconnects."""
        try:
            call = (await reader.read()).decode(errors="surrogateescape").split("\0")
            answer = await self.call(call)
            parts = (str(answer.code), answer.out, answer.err)
            text = "\0".join(part.replace("\0", "") for part in parts)
            writer.write(text.encode(errors="surrogateescape"))
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def call(self, arguments: Sequence[str]) -> Answer:
        """Run one call: a program's name, and its arguments."""
        match arguments:
            case ["systemctl", "daemon-reload"]:
                return await self._answer("", self._daemon_reload)
            case ["systemctl", "show", properties, *units] if properties.startswith("--property="):
                names = properties.removeprefix("--property=").split(",")
                return Answer(out="\n\n".join(self._show(names, _full(unit)) for unit in units))
            case ["systemctl", ("enable" | "disable") as verb, "--no-reload", unit]:
                return await self._answer(_full(unit), self._verbs[verb])
            case ["systemctl", verb, unit] if verb in self._verbs:
                return await self._answer(_full(unit), self._verbs[verb])
            case ["journalctl", "--no-pager", "--output=cat", lines, match]:
                return self._tail(lines.removeprefix("--lines="), match)
            case _:
                return Answer(1, err=f"played machines do not support {' '.join(arguments)!r}")

    def _tail(self, lines: str, match: str) -> Answer:
        """Return the end of a unit's log; without init's own lines if matched by field."""
        field, _, unit = match.partition("=")
        if not lines.isdigit() or field not in ("--unit", "_SYSTEMD_UNIT"):
            return Answer(1, err=f"played machines do not support journalctl {match!r}")
        remarks = field == "--unit"
        return Answer(out=journal.messages(self._root, _full(unit), int(lines), remarks=remarks))

    async def _answer(self, unit: str, verb: Callable[[str], Awaitable[Answer]]) -> Answer:
        try:
            return await verb(unit)
        except NoSuchUnitError as error:
            return Answer(5, err=f"Failed: {error.what}")
        except StartError as error:
            ending = error.ending
            return Answer(1, err=f"Job for {unit} failed: {ending.what} (Result={ending.result}).")
        except PorterError as error:
            return Answer(1, err=str(error))

    async def _daemon_reload(self, _: str) -> Answer:
        self._units.reload_files()
        return Answer()

    async def _start(self, unit: str) -> Answer:
        service = self._units.service(unit)
        for wanted in service.unit.wants:
            if wanted.endswith(".service"):
                await self._answer(wanted, self._start)
        await service.start()
        return Answer()

    async def _restart(self, unit: str) -> Answer:
        await self._units.service(unit).stop()
        return await self._start(unit)

    async def _reload(self, unit: str) -> Answer:
        await self._units.service(unit).reload()
        return Answer()

    async def _stop(self, unit: str) -> Answer:
        await self._units.service(unit).stop()
        return Answer()

    async def _enable(self, unit: str) -> Answer:
        return Answer(
            err="\n".join(f"Created symlink {link}." for link in self._units.enable(unit))
        )

    async def _disable(self, unit: str) -> Answer:
        return Answer(err="\n".join(f"Removed {link}." for link in self._units.disable(unit)))

    async def _is_active(self, unit: str) -> Answer:
        state = self._units.state(unit)
        active = state.active if state else "inactive"
        return Answer(0 if active == "active" else 3, out=active)

    async def _is_enabled(self, unit: str) -> Answer:
        try:
            enabled = self._units.is_enabled(unit)
        except NoSuchUnitError:
            return Answer(
                1, err=f"Failed to get unit file state for {unit}: No such file or directory"
            )
        return Answer(0 if enabled else 1, out="enabled" if enabled else "disabled")

    def _show(self, properties: Sequence[str], unit: str) -> str:
        """Return a line `Name=value` for each property; like systemd, skip unknown ones."""
        known = {
            "Id": unit,
            "LoadState": "not-found",
            "ActiveState": "inactive",
            "SubState": "dead",
            "Result": "success",
        }
        known |= {"ExecMainCode": "0", "ExecMainStatus": "0", "NRestarts": "0"}
        known["ExecMainStartTimestampMonotonic"] = "0"
        try:
            state = self._units.state(unit)
        except PorterError:
            state, known["LoadState"] = None, "bad-setting"
        if state:
            with suppress(NoSuchUnitError):  # its file is removed, but not reloaded yet
                enabled = self._units.is_enabled(unit)
                known["UnitFileState"] = "enabled" if enabled else "disabled"
            known |= {"LoadState": "loaded", "ActiveState": state.active, "SubState": state.sub}
            known |= {"Result": state.result, "ExecMainCode": str(state.exec_main_code)}
            known["ExecMainStatus"] = str(state.exec_main_status)
            known["NRestarts"] = str(state.restarts)
            known["ExecMainStartTimestampMonotonic"] = str(round(state.started_at * 1e6))
        return "\n".join(f"{name}={known[name]}" for name in properties if name in known)


def _full(unit: str) -> str:
    return unit if "." in unit else f"{unit}.service"
