"""What `porter host apply` leaves for an attendant: the container to run, but its environment."""

from __future__ import annotations

from dataclasses import dataclass

from porter.spec import ContainerWorkload

NETWORK = "porter"
"""The containers' network, a bridge of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The container that a unit is to run, and where it finds what it needs.

    `container` has no environment: that is in the files `environments`, on a tmpfs, as are its
    secrets, `secret_files`. Nor has it a check, which is a unit of its own. `folder` is the
    workload's in the payload.
    """

    unit: str
    container: ContainerWorkload
    environments: tuple[str, ...]
    secret_files: tuple[str, ...] = ()
    folder: str
    region: str
