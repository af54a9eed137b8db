"""What the fleet asks for when it launches an instance, and what it gets."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One instance to be: its identity, its user data, and what the cloud around it is.

    `credentials` is asked whenever the machine wants its role's credentials: `AccessKeyId`,
    `SecretAccessKey`, `Token`, `Expiration` (ISO 8601, UTC, ending in Z). `aws_endpoint`
    (`http://localhost:PORT`) stands for every AWS service. `ports` says where ports move
    (`porter.rehearsal.ports`). `metadata_hops` is the hop limit of the metadata service's tokens.
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
