"""Where the fleet gets booted machines from: one image, one private network, many instances."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.image import Image, image, require
from porter.rehearsal.instance import disk, hierarchies
from porter.rehearsal.instance.instance import Instance
from porter.rehearsal.machine.launch import Launch
from porter.rehearsal.vpc import Vpc

_DIFFERS = (
    "the image is Debian's ({suite}), whatever the launch template names",
    "kernel and clock are this machine's own",
    "security groups, network ACLs and volumes are not played",
)


class SystemdMachines:
    """The machines of the rehearsal in `folder`, by whose random end all they make is named.

    `announce` is told before something takes long: the image is built once.
    """

    name = "systemd"
    moves_ports = False

    def __init__(
        self,
        folder: Path,
        suite: str = "debian-12",
        announce: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._announce = announce
        self._suite = suite
        self._rehearsal = folder.name.rpartition("-")[2]
        self._image: Image | None = None
        self._vpc: Vpc | None = None

    @property
    def namespace(self) -> str | None:
        """The network namespace in which machines have their addresses."""
        return f"porter-{self._rehearsal}"

    @property
    def limits(self) -> tuple[str, ...]:
        """What is not enforced, or differs from EC2."""
        differs = [line.format(suite=self._suite) for line in _DIFFERS]
        missing = hierarchies.unenforced(hierarchies.find())
        if missing:
            differs.append(f"not enforced by this machine's control groups: {', '.join(missing)}")
        return tuple(differs)

    def open(self, endpoint: str) -> None:
        """Get the image and start the network. Raises `PorterError`, above all without root."""
        if os.geteuid() != 0:
            raise PorterError(
                "only root can boot machines",
                where="--machine systemd",
                cure="use sudo, or --machine process, which needs no privileges",
            )
        require()
        hierarchies.find()
        disk.require(self._folder)
        self._image = image(self._suite, announce=self._announce)
        self._vpc = Vpc(self._folder / "vpc", self._rehearsal, self._image.mirrors)
        self._vpc.start(endpoint)

    def machine(self, launch: Launch, folder: Path) -> Instance:
        """One more, in `folder`; not started yet."""
        if self._image is None or self._vpc is None:
            raise RuntimeError("opened first")
        return Instance(launch, folder, self._image, self._vpc)

    def close(self) -> None:
        """Take the network down, after the last machine."""
        if self._vpc is not None:
            self._vpc.stop()
