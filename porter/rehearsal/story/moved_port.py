"""Recognize a service that listens on a literal port, where the rehearsal moved that port."""

from __future__ import annotations

from collections.abc import Iterable

from porter.rehearsal.fleet.host import Host

_TAKEN = ("address already in use", "eaddrinuse")
"""In lower case: strerror(3)'s and Node's words."""


def explanation(reason: str, hosts: Iterable[Host]) -> str:
    """Return why `reason` is the rehearsal's doing, as the end of a sentence; else nothing.

    A host whose service has another port here, and that never became healthy, fails so if its
    service does not read `$PORT`. On EC2 every host has all ports for itself.
    """
    for host in hosts:
        for port, moved in host.ports.items() if host.healthy_at is None else ():
            ours = any(workload.port == moved for workload in host.spec.workloads)
            silent = f"nothing listens on 127.0.0.1:{moved}" in reason
            if ours and (silent or any(one in reason.lower() for one in _TAKEN)):
                return (
                    ". This is the rehearsal's doing: hosts share this computer, so port "
                    f"{port} of {host.instance_id} moved to {moved}; on EC2 it stays {port}. "
                    "Let the service listen on $PORT, or rehearse with --machine systemd"
                )
    return ""
