"""Instance metadata in the network: one service, which identifies instances by address."""

from __future__ import annotations

from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.metadata.imds import SharedMetadata
from porter.rehearsal.machines.metadata.tree import Nic, Tree, noticed, tree
from porter.rehearsal.machines.vpc.interface import SUBNET, Interface
from porter.rehearsal.machines.vpc.namespace import listen
from porter.rehearsal.machines.vpc.network import METADATA
from porter.rehearsal.machines.vpc.regions import hostname

_HTTP = 80


class Metadata:
    """The metadata of all instances; answers are `delay` seconds late."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._instances: dict[str, tuple[Tree, Interface, int]] = {}
        self._service: SharedMetadata | None = None

    def start(self, namespace: str) -> None:
        """Start answering in `namespace`, from this process. Raises `OSError`."""
        listener = listen(namespace, (METADATA, _HTTP))
        self._service = SharedMetadata(
            listener, self._tree_of, delay=self._delay, hops_of=self._hops_of
        )

    def stop(self) -> None:
        """Stop answering. May be called again."""
        service, self._service = self._service, None
        if service is not None:
            service.stop()

    def add(self, launch: Launch, interface: Interface) -> None:
        """Serve the metadata of `launch` at `interface`."""
        nic = Nic(
            address=interface.address,
            mac=interface.mac,
            hostname=hostname(interface.address, launch.region),
            subnet=str(SUBNET),
        )
        self._instances[interface.address] = (tree(launch, nic), interface, launch.metadata_hops)

    def remove(self, interface: Interface) -> None:
        """Stop serving metadata at `interface`."""
        self._instances.pop(interface.address, None)

    def _tree_of(self, address: str) -> Tree | None:
        known = self._instances.get(address)
        return noticed(known[0], known[1].notices) if known else None

    def _hops_of(self, address: str) -> int:
        known = self._instances.get(address)
        return known[2] if known else 1
