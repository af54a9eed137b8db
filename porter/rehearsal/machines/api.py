"""What the fleet knows of machines: how one is launched, what it can do, where it comes from."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

NOTE = "instance.json"
"""The file in a machine's folder by which another terminal finds it; it holds its `instance_id`."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One instance to be: its identity, its user data, and what the cloud around it is.

    `credentials` is asked whenever the machine wants its role's credentials: `AccessKeyId`,
    `SecretAccessKey`, `Token`, `Expiration` (ISO 8601, UTC, ending in Z). `aws_endpoint`
    (`http://localhost:PORT`) stands for every AWS service. `ports` says where ports move.
    `metadata_hops` is the hop limit of the metadata service's tokens.
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


class Machine(Protocol):
    """A launched instance, whatever it is made of."""

    @property
    def root(self) -> Path:
        """The machine's `/`, as seen from here."""
        ...

    @property
    def address(self) -> str:
        """Where its ports answer, in the namespace of its `Machines`."""
        ...

    @property
    def notices(self) -> Path | None:
        """The folder whose files the machine's metadata shows; `None` where that cannot change."""
        ...

    @property
    def alive(self) -> bool:
        """False once it ended by itself: killed, crashed, switched off. A reboot is no end."""
        ...

    @property
    def cloud_init_exit(self) -> int | None:
        """What the user data ended with; None while it runs."""
        ...

    def start(self) -> None:
        """Power on; returns when the user data begins to run. Raises `PorterError`."""
        ...

    def stop(self) -> None:
        """Power off: afterwards no process and no port is left. May be called again."""
        ...

    def connect(self, port: int, timeout: float) -> socket.socket:
        """A connection to its own 127.0.0.1:`port` within `timeout` seconds, or `OSError`."""
        ...

    def units(self) -> dict[str, str]:
        """The `ActiveState` of each unit that was started (`active`, `activating`, `failed`...)."""
        ...

    def log_tail(self, unit: str, lines: int) -> str:
        """The last lines that `unit` wrote, or `cloud-init`; empty when there are none."""
        ...


class Machines(Protocol):
    """Machines of one kind.

    `namespace` is the network namespace (its ip-netns(8) name) in which their addresses are
    reached, `None` for the rehearsal's own; `moves_ports` is whether they share one loopback;
    `limits` are lines for the report: what is not exercised, not enforced, or not as on EC2.
    """

    @property
    def name(self) -> str:
        """What `--machine` calls them."""
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
        """Complete once `open` has returned."""
        ...

    def open(self, endpoint: str) -> None:
        """Prepare what they share; AWS is at `endpoint` (`http://localhost:PORT`).

        Raises `PorterError`, with the cure, if this host cannot have such machines.
        """
        ...

    def machine(self, launch: Launch, folder: Path) -> Machine:
        """A machine, yet to be started, that keeps all its files in `folder`."""
        ...

    def close(self) -> None:
        """Take down what they share; every machine is stopped. May be called without `open`."""
        ...
