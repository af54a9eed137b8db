"""The interface between the fleet and its machines."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

NOTE = "instance.json"
"""The file in a machine's folder by which other terminals find it: `instance_id` and `service`."""

NOTICES = "notices"
"""The folder of a played machine's notices, below its own."""

KILL = "kill"
"""The file in a machine's folder by which another terminal has it killed."""

ON_DEMAND, SPOT = "on-demand", "spot"
"""Purchase options (EC2 User Guide, "Instance metadata categories": `instance-life-cycle`)."""

PYTHON = re.compile(r"python3\.\d+")
"""The name of a package of Python itself."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One instance to launch: its identity, its user data, and its surroundings.

    `credentials` is called whenever the machine needs its role's credentials: `AccessKeyId`,
    `SecretAccessKey`, `Token`, `Expiration` (ISO 8601, UTC, ending in Z). `aws_endpoint`
    (`http://localhost:PORT`) serves every AWS service. `ports` says where ports move. `service` is
    the name by which other terminals find the instance.
    `metadata_hops` is the hop limit of the metadata service's tokens. `life_cycle` is the purchase
    option.
    """

    instance_id: str
    account: str
    region: str
    availability_zone: str
    image_id: str
    instance_type: str
    user_data: bytes
    tags: Mapping[str, str]
    role_name: str
    credentials: Callable[[], Mapping[str, str]]
    aws_endpoint: str
    ports: Mapping[int, int]
    metadata_hops: int = 1
    service: str = ""
    life_cycle: str = ON_DEMAND

    @property
    def packages(self) -> tuple[str, ...]:
        """The names of the packages that the user data installs."""
        try:
            return tuple(map(str, json.loads(self.user_data.partition(b"\n")[2])["packages"]))
        except (ValueError, KeyError, TypeError):
            return ()  # the machine itself says what is wrong with its user data

    @property
    def python(self) -> str:
        """The Python among the packages, `python3.12` say; empty if there is none."""
        return next((one for one in self.packages if PYTHON.fullmatch(one)), "")

    @property
    def other_packages(self) -> tuple[str, ...]:
        """The packages without those of Python itself."""
        return tuple(one for one in self.packages if not PYTHON.fullmatch(one))


class Machine(Protocol):
    """An instance, played or booted."""

    @property
    def root(self) -> Path:
        """The machine's `/` as a path on this computer."""
        ...

    @property
    def address(self) -> str:
        """The address of its ports, in the namespace of its `Machines`."""
        ...

    @property
    def notices(self) -> Path:
        """The folder whose files its metadata shows."""
        ...

    @property
    def alive(self) -> bool:
        """False once the machine ended by itself; True during a reboot."""
        ...

    @property
    def cloud_init_exit(self) -> int | None:
        """The exit code of the user data; None while it runs."""
        ...

    def start(self) -> None:
        """Power on; return when the user data begins to run. Raises `PorterError`."""
        ...

    def stop(self) -> None:
        """Power off, and free all processes and ports. May be called again."""
        ...

    def kill(self) -> None:
        """End all processes at once, as a failure of the hardware does; nothing is stopped."""
        ...

    def connect(self, port: int, timeout: float) -> socket.socket:
        """Connect to its own 127.0.0.1:`port` within `timeout` seconds. Raises `OSError`."""
        ...

    def command(self, argv: Sequence[str]) -> list[str]:
        """Return the command line that runs `argv` on the machine, as root."""
        ...

    def units(self) -> dict[str, str]:
        """Return the `ActiveState` of each started unit (`active`, `activating`, `failed`...)."""
        ...

    def log_tail(self, unit: str, lines: int) -> str:
        """Return the last log lines of `unit`, or of `cloud-init`; empty without any."""
        ...


class Machines(Protocol):
    """Machines of one kind.

    `namespace` is the network namespace (its ip-netns(8) name) of their addresses, `None` for this
    computer's own. `moves_ports` is whether they share one loopback. `limits` are lines for the
    report: what is not covered, not enforced, or different from EC2.
    """

    @property
    def name(self) -> str:
        """Their name for `--machine`."""
        ...

    @property
    def namespace(self) -> str | None:
        """Known from construction on."""
        ...

    @property
    def moves_ports(self) -> bool:
        """Known from construction on."""
        ...

    @property
    def limits(self) -> tuple[str, ...]:
        """Complete after `open`."""
        ...

    def open(self, endpoint: str) -> None:
        """Prepare what the machines share; AWS is at `endpoint` (`http://localhost:PORT`).

        Raises `PorterError` if this computer cannot run such machines.
        """
        ...

    def machine(self, launch: Launch, folder: Path) -> Machine:
        """Make a machine that keeps its files in `folder`; the caller starts it."""
        ...

    def close(self) -> None:
        """Remove what the machines share; every machine is stopped. `open` may not have run."""
        ...
