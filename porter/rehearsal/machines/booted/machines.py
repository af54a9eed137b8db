"""Booted machines for the fleet: one image, one private network, many instances."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.local.folder import name_of
from porter.rehearsal.machines import differences, packages
from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.booted import ceiling, disk, hierarchies
from porter.rehearsal.machines.booted.control_groups import UNBOUNDED, Most
from porter.rehearsal.machines.booted.machine import Instance
from porter.rehearsal.machines.image import Image, image, require
from porter.rehearsal.machines.vpc import Broken, Vpc
from porter.rehearsal.machines.vpc.interface import vpc_namespace


@dataclass
class SystemdMachines:
    """The machines of the rehearsal in `folder`, whose random suffix names everything they make.

    `announce` is called before something slow: the image is built once. `most` limits each machine,
    `broken` lists what fails in their network.
    """

    folder: Path
    suite: str = "debian-12"
    announce: Callable[[str], None] = lambda _: None
    most: Most = UNBOUNDED
    broken: Collection[Broken] = ()
    name: str = field(default="systemd", init=False)
    moves_ports: bool = field(default=False, init=False)
    _image: Image | None = field(default=None, init=False)
    _vpc: Vpc | None = field(default=None, init=False)
    _packages: dict[str, None] = field(default_factory=dict, init=False)

    @property
    def namespace(self) -> str | None:
        """The network namespace of the machines' addresses."""
        return vpc_namespace(self._rehearsal)

    @property
    def limits(self) -> tuple[str, ...]:
        """What is not enforced, or differs from EC2."""
        differs = [*differences.booted(self.suite)]
        missing = hierarchies.unenforced(hierarchies.find())
        if missing:
            differs.append(f"this computer's control groups do not enforce: {', '.join(missing)}")
        most_files = ceiling.most_files()
        if most_files is not None:
            differs.append(f"a process can open {most_files} files, even if LimitNOFILE is higher")
        return (*differs, *self._packages)

    def open(self, endpoint: str) -> None:
        """Get the image, and start the network. Raises `PorterError`, without root for example."""
        if os.geteuid() != 0:
            raise PorterError(
                "only root can boot machines",
                where="--machine systemd",
                cure="use sudo, or --machine process, which needs no privileges",
            )
        require()
        hierarchies.find()
        disk.require(self.folder)
        self._image = image(self.suite, announce=self.announce)
        self._vpc = Vpc(self.folder / "vpc", self._rehearsal, self._image.mirrors, self.broken)
        self._vpc.start(endpoint)

    def machine(self, launch: Launch, folder: Path) -> Instance:
        """Make one more machine in `folder`; the caller starts it."""
        if self._image is None or self._vpc is None:
            raise RuntimeError("call open() first")
        here = (self._image.root / "usr/bin/python3").readlink().name
        launch, lines = packages.on_debian(launch, here)
        self._packages |= dict.fromkeys(lines)
        return Instance(launch, folder, self._image, self._vpc, most=self.most)

    def close(self) -> None:
        """Remove the network, after the last machine."""
        if self._vpc is not None:
            self._vpc.stop()

    @property
    def _rehearsal(self) -> str:
        return name_of(self.folder)
