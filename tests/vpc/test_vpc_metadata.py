"""One service gives the instance metadata of several instances."""

from __future__ import annotations

import dataclasses
import json
import time

import pytest

from porter.rehearsal.machines.metadata.imds import TOKEN_HEADER
from porter.rehearsal.machines.vpc import Broken, Vpc
from tests.harness.conditions import makes_networks

from .conftest import METADATA, Guest, Make, attached, launch

pytestmark = makes_networks


@pytest.fixture(scope="module")
def vpc(make: Make) -> Vpc:
    return make()


@pytest.fixture(scope="module")
def guests(vpc: Vpc) -> list[Guest]:
    """Two instances, in two regions."""
    return [
        attached(vpc, launch("i-1", b"\x00one\xff\n")),
        attached(vpc, launch("i-2", b"two", region="us-east-1")),
    ]


def told(guest: Guest, path: str) -> str:
    answer = guest.metadata(f"/2021-03-23/{path}")
    assert answer.status == 200, path
    return answer.body.decode()


def test_each_instance_gets_its_own_metadata(guests: list[Guest]) -> None:
    assert [told(guest, "meta-data/instance-id") for guest in guests] == ["i-1", "i-2"]
    addresses = [guest.interface.address for guest in guests]
    assert [told(guest, "meta-data/local-ipv4") for guest in guests] == addresses
    assert [told(guest, "meta-data/local-hostname") for guest in guests] == [
        "ip-10-77-0-2.eu-west-1.compute.internal",
        "ip-10-77-0-3.ec2.internal",
    ]
    documents = [json.loads(told(guest, "dynamic/instance-identity/document")) for guest in guests]
    assert [document["privateIp"] for document in documents] == addresses
    path = "meta-data/iam/security-credentials/HostRole"
    keys = [json.loads(told(guest, path))["AccessKeyId"] for guest in guests]
    assert keys == ["key of i-1", "key of i-2"]


def test_user_data_is_served_byte_for_byte(guests: list[Guest]) -> None:
    assert guests[0].metadata("/latest/user-data").body == b"\x00one\xff\n"


def test_the_interface_is_listed_by_its_mac(guests: list[Guest]) -> None:
    mac = guests[0].interface.mac
    assert told(guests[0], "meta-data/network/interfaces/macs/") == f"{mac}/"
    below = f"meta-data/network/interfaces/macs/{mac}"
    assert told(guests[0], f"{below}/local-ipv4s") == "10.77.0.2"
    assert told(guests[0], f"{below}/subnet-ipv4-cidr-block") == "10.77.0.0/16"


def test_another_instances_token_is_rejected(guests: list[Guest]) -> None:
    headers = {TOKEN_HEADER: guests[1].token()}
    assert guests[0].http(METADATA[0], "/latest/meta-data/", **headers).status == 401


def test_a_notice_is_shown_while_its_file_exists(guests: list[Guest]) -> None:
    path = "/latest/meta-data/spot/instance-action"
    assert guests[0].metadata(path).status == 404
    notice = guests[0].interface.notices / "spot/instance-action"
    notice.parent.mkdir()
    notice.write_text('{"action": "terminate"}')
    assert guests[0].metadata(path).body == b'{"action": "terminate"}'
    assert "spot/" in told(guests[0], "meta-data/").splitlines()
    assert guests[1].metadata(path).status == 404
    notice.unlink()
    assert guests[0].metadata(path).status == 404


def test_a_notice_replaces_a_value(guests: list[Guest]) -> None:
    path = "meta-data/autoscaling/target-lifecycle-state"
    assert told(guests[1], path) == "InService"
    notice = guests[1].interface.notices / "autoscaling/target-lifecycle-state"
    notice.parent.mkdir()
    notice.write_text("Terminated")
    assert told(guests[1], path) == "Terminated"
    assert told(guests[0], path) == "InService"


def test_an_unknown_address_gets_404(vpc: Vpc) -> None:
    interface = vpc.attach(launch("i-3"))
    stranger = Guest(dataclasses.replace(interface, address="10.77.9.9"))
    stranger.configure()
    assert stranger.http(METADATA[0], "/latest/api/token", method="PUT").status == 404
    assert stranger.http(METADATA[0], "/latest/meta-data/").status == 404


def test_metadata_can_be_absent(make: Make) -> None:
    guest = attached(make(broken=Broken.METADATA), launch("i-1"))
    with pytest.raises(ConnectionRefusedError):
        guest.token()


def test_metadata_can_be_slow(make: Make) -> None:
    guest = attached(make(broken=Broken.SLOW_METADATA), launch("i-1"))
    begun = time.monotonic()
    guest.token()
    assert time.monotonic() - begun >= 0.5
