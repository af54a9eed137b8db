"""The private network's addresses: each number has a namespace, an address and a MAC."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

SUBNET = IPv4Network("10.77.0.0/16")
GATEWAY = "10.77.0.1"
"""The bridge: router, resolver, and gateway to everything outside."""

NUMBERS = range(2, 255)
"""The numbers of interfaces; a number is the last byte of the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One instance's `eth0`, the only link of `namespace` beside `lo`.

    While a file below `notices` exists (`spot/instance-action`, say), it is metadata, at
    `meta-data/spot/instance-action`.
    """

    namespace: str
    address: str
    mac: str
    number: int
    notices: Path


def vpc_namespace(name: str) -> str:
    """Return the namespace of the bridge in the rehearsal `name`."""
    return f"porter-{name}"


def interface(name: str, number: int, notices: Path) -> Interface:
    """Return interface `number` of the rehearsal `name`."""
    return Interface(
        namespace=f"{vpc_namespace(name)}-{number}",
        address=address(number),
        mac=mac(number),
        number=number,
        notices=notices,
    )


def address(number: int) -> str:
    """Return the address of interface `number`."""
    return str(SUBNET[number])


def mac(number: int) -> str:
    """Return the MAC of interface `number`: locally administered, ending in the address."""
    return ":".join(f"{byte:02x}" for byte in (2, 0, *IPv4Address(address(number)).packed))
