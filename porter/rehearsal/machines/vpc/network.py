"""Make the links: a bridge in a namespace of its own, connected to each instance's namespace."""

from __future__ import annotations

from porter.rehearsal.machines.vpc.command import run
from porter.rehearsal.machines.vpc.interface import GATEWAY, SUBNET, Interface

METADATA = "169.254.169.254"
_BRIDGE = "bridge"


def make_bridge(namespace: str) -> None:
    """Make `namespace`, with the bridge in it. Raises `PorterError`.

    The metadata's address is on `lo`: the bridge answers for it, and dnsmasq does not bind it.
    """
    run("ip", "netns", "add", namespace)
    _configure(
        namespace,
        "link set lo up",
        f"address add {METADATA}/32 dev lo",
        f"link add {_BRIDGE} type bridge",
        f"address add {GATEWAY}/{SUBNET.prefixlen} dev {_BRIDGE}",
        f"link set {_BRIDGE} up",
    )


def plug(namespace: str, interface: Interface) -> None:
    """Make an instance's namespace, and connect it to the bridge. Raises `PorterError`.

    Both ends of the cable are made inside, so the host's own network never changes.
    """
    port = _port(interface)
    run("ip", "netns", "add", interface.namespace)
    _configure(interface.namespace, "link set lo up")
    _configure(
        namespace,
        f"link add {port} type veth peer name eth0 address {interface.mac}"
        f" netns {interface.namespace}",
        f"link set {port} master {_BRIDGE} up",
    )


def unplug(namespace: str, interface: Interface) -> None:
    """Remove an instance's namespace and both ends of the cable. Raises `PorterError`.

    The cable is deleted at the bridge, because the instance may have renamed its end.
    """
    _configure(namespace, f"link delete {_port(interface)}")
    run("ip", "netns", "delete", interface.namespace)


def _port(interface: Interface) -> str:
    return f"port{interface.number}"


def _configure(namespace: str, *commands: str) -> None:
    run("ip", "-n", namespace, "-batch", "-", given="\n".join(commands) + "\n")
