"""Read an IP address as the kernel prints it in /proc/net/tcp and tcp6."""

from __future__ import annotations

import ipaddress
import sys

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def kernel_address(printed: str) -> Address:
    """Parse 32-bit words of hexadecimal digits in the machine's byte order (`0100007F`)."""
    words = [bytes.fromhex(printed[at : at + 8]) for at in range(0, len(printed), 8)]
    little = sys.byteorder == "little"
    return ipaddress.ip_address(b"".join(word[::-1] if little else word for word in words))


def without_mapping(address: Address) -> Address:
    """Return the IPv4 address that a listener on `::ffff:192.0.2.1` has; else `address`."""
    return getattr(address, "ipv4_mapped", None) or address
