"""Find the program that listens on a port, before one of porter's own units needs the port."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

from porter.errors import PorterError
from porter.host.core.unit_state import UnitState
from porter.host.core.view import View
from porter.spec.kernel_address import Address, kernel_address, without_mapping

LOOPBACK, ANY = "127.0.0.1", "0.0.0.0"  # noqa: S104 - only compared
_IPV4 = 4
_LISTENING = "0A"
_USER, _INODE = 7, 9
"""The columns of a socket's user and inode in /proc/net/tcp (proc_net_tcp of the kernel's docs)."""

SYSTEMD = "init.scope"
"""The unit of systemd itself, which has the sockets of every socket unit (systemd.special(7))."""

_UNIT = re.compile(r"/([^/\n]+\.(?:service|socket|scope))$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Listener:
    """A process of `user` that listens on `port`; `unit` is empty if systemd did not start it."""

    port: int
    program: str
    pid: int
    unit: str
    user: int = 0

    def refusal(self, where: str, *, fixed: bool = False) -> PorterError:
        """Return the error that names this program, and the step that stops it for good.

        A `fixed` port is one that the app cannot change.
        """
        unit = self.unit if self.unit.endswith((".service", ".socket")) else ""
        name = re.sub("[^a-z0-9]+", "-", unit.rpartition(".")[0].lower()).strip("-")
        command = f'["systemctl", "disable", "--now", "{unit}"]'
        move = "" if fixed else ", or choose another port"
        step = f'add setup=[Setup("no-{name}", command={command})]{move}'
        if unit.startswith("porter-"):
            step = "it is a program of this app: let it listen on another port"
        of = f"{self.unit}, " if self.unit else ""
        return PorterError(
            f"port {self.port} is taken by {self.program} ({of}process {self.pid})",
            where=where,
            cure=step if unit else f"stop it{move}",
        )


def kept(socket: UnitState | None) -> tuple[str, ...]:
    """Return the unit that has the ports of `socket`, a socket unit that systemd keeps up."""
    return (SYSTEMD,) if socket and socket.runs else ()


def strangers(
    view: View, ports: Iterable[int], at: Iterable[str], allowed: Iterable[str] = ()
) -> list[Listener]:
    """Return who listens on one of `ports`, without units whose names begin as in `allowed`.

    Only listeners count beside which nobody else can listen `at` these IPv4 addresses. 0.0.0.0
    stands for all of them. A service that chooses its address needs 127.0.0.1 at least.
    """
    rows = list(_sockets(view, set(ports)))
    on_ipv4 = {port for _, port, _, address in rows if address.version == _IPV4}
    sockets = {
        inode: (port, user)
        for inode, port, user, address in rows
        # The kernel does not show which listeners on [::] are for IPv6 alone. One that shares its
        # port with a listener on IPv4 is, because the two would conflict.
        if _conflicts(address, set(at)) and (address.version == _IPV4 or port not in on_ipv4)
    }
    found = _owners(view, sockets) if sockets else []
    return [one for one in found if not one.unit.startswith(tuple(allowed))]


def _conflicts(address: Address, wanted: set[str]) -> bool:
    of_all = address.version == _IPV4 and ANY in wanted
    return of_all or address.is_unspecified or str(address) in wanted


def _sockets(view: View, ports: set[int]) -> Iterator[tuple[str, int, int, Address]]:
    """Yield inode, port, user and address of each socket that listens on one of `ports`."""
    for name in ("tcp", "tcp6"):
        table = view.read(view.layout.root / "proc/net" / name)
        for row in (table.content.decode().splitlines() if table else [])[1:]:
            columns = row.split()
            printed, _, number = columns[1].partition(":")
            port = int(number, 16)
            if columns[3] == _LISTENING and port in ports:
                address = without_mapping(kernel_address(printed))
                yield columns[_INODE], port, int(columns[_USER]), address


def _owners(view: View, sockets: dict[str, tuple[int, int]]) -> list[Listener]:
    """Return the first process of each socket: the oldest, which is the parent of the others."""
    found: dict[str, Listener] = {}
    processes = view.layout.root / "proc"
    for pid in sorted(int(name) for name in view.names(processes) if name.isdigit()):
        folder = processes / str(pid)
        for inode in _open_sockets(folder):
            if inode in sockets and inode not in found:
                port, user = sockets[inode]
                name, unit = _text(view, folder / "comm"), _unit(view, folder)
                found[inode] = Listener(port, name, pid, unit, user)
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
