"""The order that `porter host apply` writes for an attendant: which container to run."""

from __future__ import annotations

from dataclasses import dataclass

from porter.spec import ContainerWorkload

NETWORK = "porter"
"""The network of all containers, a bridge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The container that `unit` runs, and the paths of its environment, secrets and payload.

    `container` has no environment and no secrets, since the order is on disk: those are in files on
    a tmpfs. It has no check either, which is a unit of its own.
    """

    unit: str
    container: ContainerWorkload
    environments: tuple[str, ...]
    secret_files: tuple[str, ...] = ()
    folder: str
    region: str
