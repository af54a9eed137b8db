"""The addresses of the private network: which number has which namespace, address and hardware."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

SUBNET = IPv4Network("10.77.0.0/16")
GATEWAY = "10.77.0.1"
"""The bridge: router, resolver, and everything that can be reached from here."""

NUMBERS = range(2, 255)
"""The interfaces there can be at once; the number is the end of the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One instance's `eth0`, the only link of `namespace` beside `lo`.

    A file below `notices` (`spot/instance-action`, say) is told as metadata, at
    `meta-data/spot/instance-action`, for as long as it is there.
    """

    namespace: str
    address: str
    mac: str
    number: int
    notices: Path


def vpc_namespace(name: str) -> str:
    """The namespace of the bridge in the rehearsal called `name`."""
    return f"porter-{name}"


def interface(name: str, number: int, notices: Path) -> Interface:
    """Interface `number` of the rehearsal called `name`."""
    return Interface(
        namespace=f"{vpc_namespace(name)}-{number}",
        address=address(number),
        mac=mac(number),
        number=number,
        notices=notices,
    )


def address(number: int) -> str:
    """Where interface `number` is."""
    return str(SUBNET[number])


def mac(number: int) -> str:
    """The hardware address of interface `number`: locally administered, its end the address."""
    return ":".join(f"{byte:02x}" for byte in (2, 0, *IPv4Address(address(number)).packed))
