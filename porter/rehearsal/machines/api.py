"""The interface between the fleet and its machines."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

NOTE = "instance.json"
"""The file in a machine's folder by which other terminals find it; holds its `instance_id`."""

_PYTHON = re.compile(r"python3\.\d+")


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One instance to launch: its identity, its user data, and its surroundings.

    `credentials` is called whenever the machine needs its role's credentials: `AccessKeyId`,
    `SecretAccessKey`, `Token`, `Expiration` (ISO 8601, UTC, ending in Z). `aws_endpoint`
    (`http://localhost:PORT`) serves every AWS service. `ports` says where ports move.
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

    @property
    def python(self) -> str:
        """The Python that the user data installs, `python3.12` say; empty if there is none."""
        try:
            packages = json.loads(self.user_data.partition(b"\n")[2])["packages"]
        except (ValueError, KeyError, TypeError):
            return ""  # the machine itself says what is wrong with its user data
        return next((one for one in packages if _PYTHON.fullmatch(str(one))), "")


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
    def notices(self) -> Path | None:
        """The folder whose files its metadata shows; `None` if its metadata is fixed."""
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

    def connect(self, port: int, timeout: float) -> socket.socket:
        """Connect to its own 127.0.0.1:`port` within `timeout` seconds. Raises `OSError`."""
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
