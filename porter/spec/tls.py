"""TLS between the load balancer and a host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from porter.spec.check import refuse
from porter.spec.secret import Secret

TlsVersion = Literal["1.2", "1.3"]
"""Older versions are obsolete (RFC 8996), and AWS's load balancers do not need them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The certificate with which HAProxy answers, and the oldest version of TLS that it accepts.

    `certificate` is a chain in PEM, the host's own first. Its key follows in the same secret, or is
    in `private_key`.
    """

    certificate: Secret
    private_key: Secret | None = None
    min_version: TlsVersion = "1.2"

    def __post_init__(self) -> None:
        if self.min_version not in ("1.2", "1.3"):
            raise refuse("min_version", f"must be '1.2' or '1.3', got {self.min_version!r}")
