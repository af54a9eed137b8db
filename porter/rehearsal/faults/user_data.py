"""Changes a booted machine before porter gets to it, by what its user data does first."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from porter.rehearsal.faults import Fault
from porter.rehearsal.machines.api import Launch
from porter.spec import Porterd

Config = dict[str, Any]
"""A cloud-config; what is in `bootcmd` runs before its packages are installed, at each boot."""

_FILL = """\
import os, shutil
with open("/var/fault", "wb") as file:
    os.posix_fallocate(file.fileno(), 0, shutil.disk_usage("/").free - 8_000_000)
"""


def tamper(launch: Launch, faults: Collection[Fault]) -> Launch:
    """How the machine is launched with `faults`."""
    for fault in faults:
        if fault in _CHANGES:
            launch = altered(launch, _CHANGES[fault])
    return launch


def altered(launch: Launch, alter: Callable[[Config], None]) -> Launch:
    """`launch` with its cloud-config as `alter` leaves it."""
    header, _, body = launch.user_data.partition(b"\n")
    config = json.loads(body)
    alter(config)
    return replace(launch, user_data=header + b"\n" + json.dumps(config).encode())


def take_port(config: Config, port: int) -> None:
    """A program listens on `port`, before anything of porter's runs."""
    # Not waited for: units begin after the stage of cloud-init that this is part of.
    start = ["systemd-run", "--no-block", "--unit=fault"]
    _first(config, [*start, "python3", "-m", "http.server", str(port)])


def _take_porterds(config: Config) -> None:
    take_port(config, Porterd().port)


def _hide_package(config: Config) -> None:
    """Pinned below zero it is never installed, as if it were nowhere: apt_preferences(5)."""
    pin = "Package: haproxy\nPin: release *\nPin-Priority: -1\n"
    config["write_files"].append({"path": "/etc/apt/preferences.d/fault", "content": pin})


def _forget_packages(config: Config) -> None:
    """As Debian's own images for EC2, which come without the lists of what the mirrors have."""
    _first(config, ["rm", "-r", "/var/lib/apt/lists"])


def _late_clock(config: Config) -> None:
    """Whatever systemd starts from here on reads another time; there is only one real clock."""
    _first(config, ["apt-get", "-qq", "install", "--no-install-recommends", "libfaketime"])
    # ld.so(8) knows where $LIB is on this architecture.
    library = "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1"
    settings = ("FAKETIME=-1h", "NO_FAKE_STAT=1")
    _first(config, ["systemctl", "set-environment", library, *settings])


def _fill_disk(config: Config) -> None:
    """Just before porter's own command: apt has its 80 MB by then."""
    config["runcmd"].insert(0, ["python3", "-c", _FILL])


def _first(config: Config, command: list[str]) -> None:
    config.setdefault("bootcmd", []).append(command)


_CHANGES: dict[Fault, Callable[[Config], None]] = {
    Fault.PORTERD_PORT_TAKEN: _take_porterds,
    Fault.PACKAGE_MISSING: _hide_package,
    Fault.MIRROR_MISSING: _forget_packages,
    Fault.CLOCK_LATE: _late_clock,
    Fault.DISK_FULL: _fill_disk,
}
