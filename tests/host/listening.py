"""A process that has a port, as /proc shows it."""

from __future__ import annotations

from pathlib import Path


def listening(  # noqa: PLR0913 - a row of the table
    root: Path, program: str, unit: str, port: int, state: str = "0A", *, address: str = "00000000"
) -> None:
    """Let the process 812 of `unit` have a socket of root on `port`, as /proc shows it.

    `address` is in the kernel's form, on a machine whose lowest byte comes first.
    """
    process = root / "proc/812"
    table = root / "proc/net" / ("tcp" if len(address) == len("00000000") else "tcp6")
    (process / "fd").mkdir(parents=True)
    (process / "fd/0").symlink_to("/dev/null")
    (process / "fd/3").symlink_to("socket:[4711]")
    (process / "comm").write_text(f"{program}\n")
    (process / "cgroup").write_text(f"0::{unit}\n")
    table.parent.mkdir()
    rows = (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid inode",
        f"0: 00000000:{port + 1:04X} 00000000:0000 0A 00000000:00000000 00:00000000 0 0 0 4712 1",
        f"1: {address}:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 0 0 0 4711 1",
    )
    table.write_text("\n".join(rows) + "\n")


def given_to(user: int, root: Path) -> None:
    """Let the socket of the process 812 belong to `user`."""
    table = root / "proc/net/tcp"
    table.write_text(table.read_text().replace(" 0 0 0 4711 ", f" 0 {user} 0 4711 "))
