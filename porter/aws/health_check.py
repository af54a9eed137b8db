"""The header Host of an Application Load Balancer's health checks."""

from __future__ import annotations

import socket

_ELSEWHERE = ("169.254.169.254", 80)
"""Any address beyond this host. Nothing is sent there."""


def host_header(port: int) -> str:
    """Return this host's private address with `port`, as a health check's Host has it.

    A load balancer sends a target's own address and port (Elastic Load Balancing, "Troubleshoot
    your Application Load Balancers"). Without a network the address is 127.0.0.1.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unsent:
        try:
            unsent.connect(_ELSEWHERE)
            address = unsent.getsockname()[0]
        except OSError:
            address = "127.0.0.1"
    return f"{address}:{port}"
