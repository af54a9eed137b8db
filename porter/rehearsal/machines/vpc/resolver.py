"""dnsmasq as the network's DHCP and DNS server."""

from __future__ import annotations

import socket
from collections.abc import Collection
from pathlib import Path

from porter.rehearsal.machines.vpc.interface import GATEWAY, NUMBERS, SUBNET, address, mac
from porter.rehearsal.machines.vpc.namespace import NAMESPACES, create
from porter.rehearsal.machines.vpc.program import Program
from porter.rehearsal.machines.vpc.regions import private_domain, regions

_DNS = 53
_START_SECONDS = 10.0
# `address=/#/` denies every other name. `local` answers "no such record" for other types (AAAA),
# where `address` alone would deny the name.
_CONFIGURATION = """\
keep-in-foreground
pid-file={folder}/{started}
log-facility=-
log-queries
log-dhcp
listen-address={gateway}
bind-interfaces
port={port}

no-resolv
no-hosts
address=/#/
{names}
{domains}

dhcp-authoritative
dhcp-range={first},static,{netmask},1h
dhcp-option=option:router,{gateway}
dhcp-option=option:dns-server,{gateway}
no-ping
leasefile-ro
{leases}
"""
_STARTED = "dnsmasq.started"
"""The file that dnsmasq writes once its sockets are open; nothing kills by this pid."""


class Resolver:
    """Gives every interface one lease, and resolves `names`, with all names below, only."""

    def __init__(self, folder: Path, names: Collection[str], *, deaf: bool = False) -> None:
        self._folder = folder
        self._names = names
        self._deaf = deaf
        self._program = Program("dnsmasq", folder)
        self._silence: socket.socket | None = None

    def start(self, namespace: str) -> None:
        """Start it in `namespace`. Raises `PorterError`."""
        if self._deaf:
            self._silence = create(namespace, socket.SOCK_DGRAM)
            self._silence.bind((GATEWAY, _DNS))
        file = self._folder / "dnsmasq.conf"
        file.write_text(self._configuration(), "utf-8")
        self._program.start(
            "nsenter",
            f"--net={NAMESPACES / namespace}",
            "dnsmasq",
            f"--conf-file={file}",
            ready=(self._folder / _STARTED).exists,
            seconds=_START_SECONDS,
        )

    def stop(self) -> None:
        """Stop it. May be called again."""
        self._program.stop()
        if self._silence is not None:
            self._silence.close()

    def _configuration(self) -> str:
        names = (f"address=/{name}/{GATEWAY}\nlocal=/{name}/" for name in self._names)
        domains = (f"synth-domain={private_domain(one)},{SUBNET},ip-" for one in regions())
        leases = (f"dhcp-host={mac(number)},{address(number)}" for number in NUMBERS)
        return _CONFIGURATION.format(
            folder=self._folder,
            started=_STARTED,
            gateway=GATEWAY,
            port=0 if self._deaf else _DNS,
            names="\n".join(names),
            domains="\n".join(domains),
            first=address(NUMBERS.start),
            netmask=SUBNET.netmask,
            leases="\n".join(leases),
        )
