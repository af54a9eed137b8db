"""The faults that `porter rehearse --fault NAME` injects: their names, one sentence each.

`hosts.py` injects faults into AWS and hosts, `user_data.py` through a machine's user data,
`machines.py` through what machines are made with, `s3.py` inside the embedded AWS. Cloud and
machines know no fault.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

_BOOTED = " Needs --machine systemd."


class Fault(StrEnum):
    """One fault; `sentence` describes it, `booted` is whether only booted machines can have it."""

    sentence: str
    booted: bool

    def __new__(cls, name: str, sentence: str = "") -> Self:
        """Make a member whose value is its name, with a sentence."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.sentence = sentence
        member.booted = sentence.endswith(_BOOTED)
        return member

    LAUNCH_REFUSED = "launch-refused", "EC2 launches no host: the quota of vCPUs is used up."
    ASSET_MISSING = "asset-missing", "The bundle is deleted from S3 before the host fetches it."
    ASSET_DENIED = "asset-denied", "The host's role may not read S3."
    ASSET_CORRUPT = "asset-corrupt", "One byte of the bundle in S3 is changed."
    ASSET_SLOW = "asset-slow", "S3 takes half a minute to answer a host's first request."
    ONE_HOST_OFFLINE = "one-host-offline", "The first host cannot reach Secrets Manager."
    BUNDLE_SCHEMA = "bundle-schema", "The user data has another schema version."
    HAPROXY_REFUSES = "haproxy-refuses", "HAProxy rejects its configuration."
    HAPROXY_PORT_TAKEN = "haproxy-port-taken", "Another program listens on HAProxy's port."
    PORTERD_PORT_TAKEN = "porterd-port-taken", f"Another program has porterd's port.{_BOOTED}"
    PACKAGE_MISSING = "package-missing", f"No package repository has HAProxy.{_BOOTED}"
    MIRROR_MISSING = "mirror-missing", f"The package mirror's name does not exist.{_BOOTED}"
    METADATA_SLOW = "metadata-slow", f"Instance metadata takes half a second to answer.{_BOOTED}"
    METADATA_DEAD = "metadata-dead", f"Instance metadata refuses connections.{_BOOTED}"
    DNS_DEAD = "dns-dead", f"The DNS server never answers.{_BOOTED}"
    CLOCK_LATE = "clock-late", f"The host's clock is an hour slow.{_BOOTED}"
    DISK_FULL = "disk-full", f"The host's disk has 8 MB free when porter starts.{_BOOTED}"
    MEMORY_SHORT = "memory-short", f"The host has 256 MB of memory.{_BOOTED}"
    KILLED_WAITING = "porterd-killed-waiting", "porterd is killed before the service answers."
    KILLED_CONFIRMING = "porterd-killed-confirming", "porterd is killed between two successes."
    KILLED_SIGNALLING = "porterd-killed-signalling", "porterd is killed while it signals."
    HANDLE_DENIED = "handle-denied", "The wait handle answers 403."
    HANDLE_EXPIRED = "handle-expired", "The wait handle's URL has expired."
    HANDLE_ERROR = "handle-error", "The wait handle answers 500, three times."
    HANDLE_RESET = "handle-reset", "The wait handle resets the connection, three times."
    HANDLE_SLOW = "handle-slow", "The wait handle takes 3 seconds to answer."
    HANDLE_DEAD = "handle-dead", "The wait handle always answers 500."


def table() -> str:
    """Return every fault with its sentence, one per line."""
    width = max(map(len, Fault)) + 2
    return "\n".join(f"{fault:<{width}}{fault.sentence}" for fault in Fault)
