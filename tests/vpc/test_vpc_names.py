"""DHCP and DNS for instances."""

from __future__ import annotations

import socket
import subprocess
import time

import pytest

from porter.rehearsal.machines.vpc import Broken, Vpc
from tests.harness.conditions import makes_networks
from tests.harness.slowness import slowness

from .conftest import Guest, Make, attached, launch
from .udp import AAAA, NAME_ERROR, NO_ERROR, A, Reply, lease, resolve

pytestmark = makes_networks


@pytest.fixture(scope="module")
def vpc(make: Make) -> Vpc:
    return make("mirror.invalid")


@pytest.fixture(scope="module")
def guest(vpc: Vpc) -> Guest:
    return attached(vpc, launch("i-1"))


@pytest.mark.parametrize("broken", [None, Broken.RESOLVER])
def test_dhcp_leases_each_interface_its_own_address(make: Make, broken: Broken | None) -> None:
    vpc = make(broken=broken)
    for instance in ("i-1", "i-2"):
        interface = vpc.attach(launch(instance))
        subprocess.run(["ip", "-n", interface.namespace, "link", "set", "eth0", "up"], check=True)
        address, options = lease(interface.namespace, interface.mac)
        assert address == interface.address
        assert options[1] == socket.inet_aton("255.255.0.0")
        assert options[3] == options[6] == socket.inet_aton("10.77.0.1")


@pytest.mark.parametrize(
    "name", ["sts.amazonaws.com", "bucket.s3.eu-west-1.amazonaws.com", "mirror.invalid"]
)
def test_names_of_aws_and_mirrors_resolve_to_the_gateway_without_ipv6(
    guest: Guest, name: str
) -> None:
    namespace = guest.interface.namespace
    assert resolve(namespace, name, A) == Reply(NO_ERROR, "10.77.0.1")
    assert resolve(namespace, name, AAAA) == Reply(NO_ERROR, None)


@pytest.mark.parametrize("name", ["example.com", "localhost", "amazonaws.com.example"])
@pytest.mark.parametrize("kind", [A, AAAA])
def test_other_names_are_denied_at_once(guest: Guest, name: str, kind: int) -> None:
    begun = time.monotonic()
    assert resolve(guest.interface.namespace, name, kind).code == NAME_ERROR
    assert time.monotonic() - begun < 1.5 * slowness()


@pytest.mark.parametrize(
    "name", ["ip-10-77-0-2.eu-west-1.compute.internal", "ip-10-77-0-2.ec2.internal"]
)
def test_an_instances_private_name_resolves_to_its_address(guest: Guest, name: str) -> None:
    assert resolve(guest.interface.namespace, name) == Reply(NO_ERROR, "10.77.0.2")


def test_names_of_missing_mirrors_do_not_exist(make: Make) -> None:
    guest = attached(make("mirror.invalid", broken=Broken.MIRRORS), launch("i-1"))
    assert resolve(guest.interface.namespace, "mirror.invalid").code == NAME_ERROR
    assert resolve(guest.interface.namespace, "sts.amazonaws.com").code == NO_ERROR


def test_a_dead_resolver_does_not_answer(make: Make) -> None:
    guest = attached(make(broken=Broken.RESOLVER), launch("i-1"))
    with pytest.raises(TimeoutError):
        resolve(guest.interface.namespace, "sts.amazonaws.com", timeout=0.3)
