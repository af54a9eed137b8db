"""One booted machine, from power on to power off."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import uuid
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from porter.rehearsal.local.interruption import held_back
from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.booted import command, disk, hierarchies, state
from porter.rehearsal.machines.booted.command import Hardware
from porter.rehearsal.machines.booted.console import Console
from porter.rehearsal.machines.booted.control_groups import UNBOUNDED, ControlGroups, Most
from porter.rehearsal.machines.booted.power import Power
from porter.rehearsal.machines.image import Image, seed
from porter.rehearsal.machines.metadata import notices
from porter.rehearsal.machines.vpc import Interface, Vpc
from porter.rehearsal.machines.vpc.namespace import connect

LOOPBACK = "127.0.0.1"
_UNITS = ("porter-*.service", "porterd.service")
_LIST = ("systemctl", "list-units", "--all", "--plain", "--no-legend")
_LIST_SECONDS = 5.0
_OUTPUT = "var/log/cloud-init-output.log"
_TAIL_BYTES = 256_000


class Instance:
    """A booted instance in `folder`, which its owner makes and removes.

    `most` limits the whole machine; by default only the units' own limits apply.
    """

    def __init__(
        self, launch: Launch, folder: Path, image: Image, vpc: Vpc, most: Most = UNBOUNDED
    ) -> None:
        self._launch = launch
        self._folder = folder.absolute()
        self._image = image
        self._vpc = vpc
        self._most = most
        self._cleanup = ExitStack()
        self._interface: Interface | None = None
        self._hardware: Hardware | None = None
        self._power: Power | None = None
        self._units: dict[str, str] = {}
        self._cloud_init_exit: int | None = None

    @property
    def interface(self) -> Interface:
        """Its network interface. Raises `RuntimeError` before `start`."""
        if self._interface is None:
            raise RuntimeError("the machine was never started")
        return self._interface

    @property
    def notices(self) -> Path:
        """The folder whose files its metadata shows."""
        return self.interface.notices

    @property
    def address(self) -> str:
        """The address of its ports, inside the network's namespace."""
        return self.interface.address

    @property
    def alive(self) -> bool:
        """False once it ended, by itself or by `stop`; True while it reboots."""
        return self._power is not None and self._power.alive

    @property
    def init(self) -> int | None:
        """The pid of its process 1 on this computer; a reboot changes it. None while it is off."""
        return self._power.init if self._power else None

    @property
    def root(self) -> Path:
        """Its `/` while it runs, through process 1; later the files it wrote.

        Read only: absolute links in it lead to this computer's files.
        """
        init = self.init
        return self._folder / disk.UPPER if init is None else Path(f"/proc/{init}/root")

    @property
    def cloud_init_exit(self) -> int | None:
        """1 if any stage of the first boot reported an error, else 0; None while it runs."""
        if self._cloud_init_exit is None:
            with suppress(OSError, ValueError, KeyError):
                result = json.loads((self.root / "run/cloud-init/result.json").read_text())
                self._cloud_init_exit = int(bool(result["v1"]["errors"]))
        return self._cloud_init_exit

    def start(self) -> None:
        """Power on; return when systemd runs. Raises `PorterError`."""
        try:
            self._assemble()
            self._power_on()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Power off, and remove processes, network and control groups."""
        if self.init is not None:
            self.units()
            # The fleet has taken it out of its load balancers, so it does not leave them itself.
            notices.give(self.notices, "terminating")
        self._cleanup.close()

    def kill(self) -> None:
        """End all processes at once; `stop` frees the rest. Raises `PorterError`."""
        if self._power is not None:
            self._power.kill()

    def units(self) -> dict[str, str]:
        """Return the `ActiveState` of porter's units; of a machine that is off, the last known."""
        if self.init is not None:
            with suppress(subprocess.TimeoutExpired):
                listing = self.run([*_LIST, *_UNITS], timeout=_LIST_SECONDS)
                rows = [line.split() for line in listing.stdout.splitlines()]
                self._units = {name: active for name, _load, active, *_ in rows} or self._units
        return dict(self._units)

    def log_tail(self, unit: str, lines: int) -> str:
        """Return the last lines of a unit's journal, or of `cloud-init`; also after power off."""
        if unit == "cloud-init":
            return _tail(self.root / _OUTPUT, lines)
        query = ("journalctl", "--no-pager", "--quiet", "--output=cat")
        with suppress(subprocess.TimeoutExpired):
            return self.run([*query, f"--unit={unit}", f"--lines={lines}"]).stdout.rstrip("\n")
        return ""

    def run(
        self, argv: Sequence[str], *, timeout: float = command.RUN_SECONDS
    ) -> subprocess.CompletedProcess[str]:
        """Run `argv` on the machine as root; if it is off, alone on its disk.

        Raises `subprocess.TimeoutExpired` after `timeout` seconds.
        """
        if self._hardware is None:
            raise RuntimeError("the machine was never started")
        return command.run(self.init, self._hardware, self._folder, argv, timeout=timeout)

    def command(self, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs `argv` on the machine; it fails if that is off."""
        return [*command.enter(self.init or 0), *argv]

    def connect(self, port: int, timeout: float) -> socket.socket:
        """Connect to its own 127.0.0.1:`port` within `timeout` seconds. Raises `OSError`."""
        return connect(self.interface.namespace, (LOOPBACK, port), timeout)

    def _assemble(self) -> None:
        """Make network, control groups and disk; register each for removal."""
        with held_back():
            self._interface = interface = self._vpc.attach(self._launch)
            self._cleanup.callback(self._vpc.detach, interface)
        trees = hierarchies.find()
        control_groups = ControlGroups(interface.namespace, trees)
        self._cleanup.callback(control_groups.remove)
        control_groups.make()
        control_groups.limit(self._most)
        if self._most.disk_bytes is not None:
            self._cleanup.callback(disk.release, self._folder)
            disk.bound(self._folder, self._most.disk_bytes)
        seed(
            disk.lay_out(self._folder),
            self._image,
            resolver=self._vpc.resolver,
            certificate=self._vpc.certificate,
        )
        self._hardware = Hardware(
            image=self._image.root,
            uuid=f"ec2{str(uuid.uuid4())[3:]}",
            namespace=interface.namespace,
            control_groups=control_groups,
            hierarchies=trees,
        )

    def _power_on(self) -> None:
        if self._hardware is None:
            raise RuntimeError("assembled first")
        console = Console(self._folder / "console.log")
        self._cleanup.callback(console.close)
        self._power = Power(
            command.boot(self._hardware, console.path),
            self._folder,
            console.terminal,
            self._hardware.control_groups,
            self._note,
        )
        self._cleanup.callback(self._power.off)
        self._power.on()

    def _note(self, init: int) -> None:
        running = state.Running(
            instance_id=self._launch.instance_id,
            init=init,
            address=self.address,
            control_group=self.interface.namespace,
            started_at=time.time(),
            service=self._launch.service,
        )
        state.note(self._folder, running)


def _tail(file: Path, lines: int) -> str:
    try:
        with file.open("rb") as content:
            content.seek(max(0, file.stat().st_size - _TAIL_BYTES))
            return "\n".join(content.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
