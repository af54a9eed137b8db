"""Start and stop the parts of one rehearsal's private network in order."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.local.interruption import held_back
from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.vpc import authority, leftovers, network
from porter.rehearsal.machines.vpc.gateway import Gateway
from porter.rehearsal.machines.vpc.interface import (
    GATEWAY,
    NUMBERS,
    Interface,
    interface,
    vpc_namespace,
)
from porter.rehearsal.machines.vpc.metadata import Metadata
from porter.rehearsal.machines.vpc.regions import certificate_names
from porter.rehearsal.machines.vpc.resolver import Resolver

_SLOW_SECONDS = 0.5


class Broken(StrEnum):
    """A part of the network that fails."""

    MIRRORS = "mirrors"
    """The package mirrors' names do not exist."""

    RESOLVER = "resolver"
    """DNS requests are never answered; DHCP works."""

    METADATA = "metadata"
    """Instance metadata refuses connections."""

    SLOW_METADATA = "slow-metadata"
    """Instance metadata takes half a second to answer."""


class Vpc:
    """The network of the rehearsal `name` (`[a-z0-9_]{1,8}`), with its files in `folder`.

    Instances can resolve AWS and the hosts `mirrors`, and nothing else. The parts in `broken` fail.
    Use it from one thread; metadata is answered from others.
    """

    def __init__(
        self, folder: Path, name: str, mirrors: Collection[str], broken: Collection[Broken] = ()
    ) -> None:
        self.namespace = vpc_namespace(name)
        self.resolver = GATEWAY
        self._folder = folder.absolute()
        self.certificate = self._folder / "authority.pem"
        self._name = name
        self._broken = frozenset(broken)
        self._next = NUMBERS.start
        self._plugged: dict[int, Interface] = {}
        self._server = self._folder / "aws.pem"
        shown = () if Broken.MIRRORS in broken else tuple(mirrors)
        names = ("amazonaws.com", *shown)
        self._dns = Resolver(self._folder, names, deaf=Broken.RESOLVER in broken)
        self._gateway = Gateway(self._folder, tuple(mirrors), self._server)
        self._metadata = Metadata(_SLOW_SECONDS if Broken.SLOW_METADATA in broken else 0)

    def start(self, endpoint: str) -> None:
        """Make the network for the AWS at `endpoint` (`http://localhost:PORT`).

        Raises `PorterError`; call `stop` then, too.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        authority.issue(certificate_names(), certificate=self.certificate, server=self._server)
        network.make_bridge(self.namespace)
        self._dns.start(self.namespace)
        self._gateway.start(self.namespace, endpoint)
        if Broken.METADATA not in self._broken:
            self._metadata.start(self.namespace)

    def attach(self, launch: Launch) -> Interface:
        """Make a namespace with an `eth0`, down, with a lease and metadata. Raises `PorterError`.

        Numbers are reused as late as possible, so that an address in a log means one instance.
        """
        number = self._free()
        made = interface(self._name, number, self._folder / f"notices-{number}")
        made.notices.mkdir()
        with held_back():
            self._plugged[number] = made
            self._metadata.add(launch, made)
            network.plug(self.namespace, made)
        return made

    def detach(self, interface: Interface) -> None:
        """Remove the interface and its metadata. Raises `PorterError`."""
        with held_back():
            if self._plugged.pop(interface.number, None) is None:
                return
            self._metadata.remove(interface)
            network.unplug(self.namespace, interface)
        shutil.rmtree(interface.notices)

    def stop(self) -> None:
        """Stop every part, even if one fails. May be called again."""
        self._plugged.clear()
        with ExitStack() as stack:
            stack.callback(leftovers.remove, self._name)
            stack.callback(self._dns.stop)
            stack.callback(self._gateway.stop)
            stack.callback(self._metadata.stop)

    def _free(self) -> int:
        for _ in NUMBERS:
            number, self._next = self._next, self._next + 1
            if self._next not in NUMBERS:
                self._next = NUMBERS.start
            if number not in self._plugged:
                return number
        raise PorterError(f"all {len(NUMBERS)} addresses are in use", where=self.namespace)
