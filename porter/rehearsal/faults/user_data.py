"""Change a booted machine before porter starts, through its user data."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from porter.rehearsal.faults import Fault
from porter.rehearsal.machines.api import Launch
from porter.spec import Porterd

Config = dict[str, Any]
"""A cloud-config; `bootcmd` runs at each boot, before packages are installed."""

_FILL = """\
import os, shutil
with open("/var/fault", "wb") as file:
    os.posix_fallocate(file.fileno(), 0, shutil.disk_usage("/").free - 8_000_000)
"""


def tamper(launch: Launch, faults: Collection[Fault]) -> Launch:
    """Return how to launch the machine with `faults`."""
    for fault in faults:
        if fault in _CHANGES:
            launch = altered(launch, _CHANGES[fault])
    return launch


def altered(launch: Launch, alter: Callable[[Config], None]) -> Launch:
    """Return `launch` with its cloud-config changed by `alter`."""
    header, _, body = launch.user_data.partition(b"\n")
    config = json.loads(body)
    alter(config)
    return replace(launch, user_data=header + b"\n" + json.dumps(config).encode())


def take_port(config: Config, port: int) -> None:
    """Let a program listen on `port` before porter starts."""
    # --no-block, because units start after this stage of cloud-init.
    start = ["systemd-run", "--no-block", "--unit=fault"]
    _first(config, [*start, "python3", "-m", "http.server", str(port)])


def cut_off(config: Config) -> None:
    """Send what porter asks Secrets Manager to a port where nobody listens."""
    nowhere = ("env", "AWS_ENDPOINT_URL_SECRETS_MANAGER=http://127.0.0.1:9")
    config["runcmd"] = [[*nowhere, *command] for command in config["runcmd"]]


def _take_porterds(config: Config) -> None:
    take_port(config, Porterd().port)


def _hide_package(config: Config) -> None:
    """Hide the package: apt never installs one with a negative priority (apt_preferences(5))."""
    pin = "Package: haproxy\nPin: release *\nPin-Priority: -1\n"
    config["write_files"].append({"path": "/etc/apt/preferences.d/fault", "content": pin})


def _forget_packages(config: Config) -> None:
    """Remove the package lists, which Debian's own images for EC2 do not contain."""
    _first(config, ["rm", "-r", "/var/lib/apt/lists"])


def _late_clock(config: Config) -> None:
    """Shift the time for everything that systemd starts; the kernel's clock is shared."""
    _first(config, ["apt-get", "-qq", "install", "--no-install-recommends", "libfaketime"])
    # ld.so(8) replaces $LIB by this architecture's folder.
    library = "LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1"
    settings = ("FAKETIME=-1h", "NO_FAKE_STAT=1")
    _first(config, ["systemctl", "set-environment", library, *settings])


def _fill_disk(config: Config) -> None:
    """Fill the disk just before porter's command; apt needs 80 MB before that."""
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
