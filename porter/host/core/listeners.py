"""Find the program that listens on a port, before one of porter's own units needs the port."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from porter.errors import PorterError
from porter.host.core.view import View

_LISTENING = "0A"
_INODE = 9
"""The column of a socket's inode in /proc/net/tcp (proc_net_tcp in the kernel's documentation)."""

_UNIT = re.compile(r"/([^/\n]+\.(?:service|socket|scope))$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Listener:
    """A process that listens on `port`; `unit` is empty if systemd did not start it."""

    port: int
    program: str
    pid: int
    unit: str

    def refusal(self, where: str) -> PorterError:
        """Return the error that names this program, and the step that stops it for good."""
        unit = self.unit if self.unit.endswith((".service", ".socket")) else ""
        name = re.sub("[^a-z0-9]+", "-", unit.rpartition(".")[0].lower()).strip("-")
        command = f'["systemctl", "disable", "--now", "{unit}"]'
        step = f'add setup=[Setup("no-{name}", command={command})], or choose another port'
        of = f"{self.unit}, " if self.unit else ""
        return PorterError(
            f"port {self.port} is taken by {self.program} ({of}process {self.pid})",
            where=where,
            cure=step if unit else "stop it, or choose another port",
        )


def strangers(view: View, ports: Iterable[int], allowed: Iterable[str] = ()) -> list[Listener]:
    """Return who listens on one of `ports`, without porter's own units and those of `allowed`."""
    inodes = dict(_sockets(view, set(ports)))
    found = _owners(view, inodes) if inodes else []
    ours = ("porter-", "porterd")
    return [one for one in found if not one.unit.startswith(ours) and one.unit not in allowed]


def _sockets(view: View, ports: set[int]) -> Iterator[tuple[str, int]]:
    """Yield the inode and the port of each socket that listens on one of `ports`."""
    for name in ("tcp", "tcp6"):
        table = view.read(view.layout.root / "proc/net" / name)
        for row in (table.content.decode().splitlines() if table else [])[1:]:
            columns = row.split()
            port = int(columns[1].rpartition(":")[2], 16)
            if columns[3] == _LISTENING and port in ports:
                yield columns[_INODE], port


def _owners(view: View, inodes: dict[str, int]) -> list[Listener]:
    """Return the first process of each port: the oldest one, which is the parent of the others."""
    found: dict[int, Listener] = {}
    processes = view.layout.root / "proc"
    for pid in sorted(int(name) for name in view.names(processes) if name.isdigit()):
        folder = processes / str(pid)
        for inode in _open_sockets(folder):
            if inode in inodes and inodes[inode] not in found:
                port = inodes[inode]
                found[port] = Listener(port, _text(view, folder / "comm"), pid, _unit(view, folder))
    return list(found.values())


def _open_sockets(process: PurePath) -> Iterator[str]:
    try:
        links = list(Path(process, "fd").iterdir())
    except OSError:  # it ended since, or belongs to another user
        return
    for link in links:
        with suppress(OSError):  # closed since
            target = str(link.readlink())
            if target.startswith("socket:["):
                yield target.removeprefix("socket:[").removesuffix("]")


def _unit(view: View, process: PurePath) -> str:
    found = _UNIT.search(_text(view, process / "cgroup"))
    return found[1] if found else ""


def _text(view: View, path: PurePath) -> str:
    try:
        file = view.read(path)
    except PorterError:  # ended since
        return ""
    return file.content.decode(errors="replace").strip() if file else ""
