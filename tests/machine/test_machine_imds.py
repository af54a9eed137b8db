"""The metadata service is IMDSv2, as the SDKs and porterd use it."""

from __future__ import annotations

import dataclasses
import http.client
import json
import socket
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import pytest
from botocore.utils import InstanceMetadataFetcher

from porter.aws.metadata import Metadata
from porter.rehearsal.machines.metadata.imds import (
    TOKEN_HEADER,
    TTL_HEADER,
    MetadataService,
    SharedMetadata,
    find,
)
from porter.rehearsal.machines.metadata.tree import noticed, tree

from .conftest import CREDENTIALS, launch


@pytest.fixture
def endpoint() -> Iterator[str]:
    """The metadata service of one instance."""
    content = tree(launch(b"\x00user data"))
    service = MetadataService(lambda: content)
    yield service.endpoint
    service.stop()


def ask(url: str, method: str = "GET", **headers: str) -> bytes:
    """Send one request. Raises `HTTPError`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, method=method, headers=named)
    with urllib.request.urlopen(request, timeout=30) as response:
        body: bytes = response.read()
    return body


def token(endpoint: str, ttl: str = "60", **headers: str) -> str:
    """Return a session token."""
    url = f"{endpoint}/latest/api/token"
    return ask(url, "PUT", **{TTL_HEADER: ttl}, **headers).decode()


def get(endpoint: str, path: str) -> str:
    """Return the metadata at `path`, with a new token."""
    return ask(f"{endpoint}/latest/{path}", **{TOKEN_HEADER: token(endpoint)}).decode()


def from_address(address: str, service: tuple[str, int]) -> str | None:
    """Return the instance id that `service` serves at `address`."""
    connection = http.client.HTTPConnection(*service, timeout=30, source_address=(address, 0))
    connection.request("PUT", "/latest/api/token", headers={TTL_HEADER: "60"})
    answer = connection.getresponse()
    headers = {TOKEN_HEADER: answer.read().decode()}
    if answer.status == 200:
        connection.request("GET", "/latest/meta-data/instance-id", headers=headers)
        answer = connection.getresponse()
    told = answer.read().decode() if answer.status == 200 else None
    connection.close()
    return told


@pytest.mark.parametrize("headers", [{}, {TOKEN_HEADER: "guessed"}])
def test_a_request_without_a_token_gets_401(endpoint: str, headers: dict[str, str]) -> None:
    with pytest.raises(HTTPError, match="401"):
        ask(f"{endpoint}/latest/meta-data/instance-id", **headers)


@pytest.mark.parametrize("ttl", ["", "0", "21601", "soon"])
def test_a_token_needs_a_time_to_live(endpoint: str, ttl: str) -> None:
    with pytest.raises(HTTPError, match="400"):
        token(endpoint, ttl)


def test_a_proxied_request_gets_no_token(endpoint: str) -> None:
    with pytest.raises(HTTPError, match="403"):
        token(endpoint, X_Forwarded_For="10.0.0.1")


def test_a_token_expires_after_its_time_to_live(endpoint: str) -> None:
    short = token(endpoint, "1")
    url = f"{endpoint}/latest/meta-data/instance-id"
    assert ask(url, **{TOKEN_HEADER: short}) == b"i-0123456789abcdef0"
    connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=30)
    for _ in range(40):
        connection.request("GET", "/latest/meta-data/instance-id", headers={TOKEN_HEADER: short})
        response = connection.getresponse()
        response.read()
        if response.status == 401:
            break
        time.sleep(0.05)
    connection.close()
    assert response.status == 401


def test_a_folder_is_listed_and_a_leaf_has_a_value(endpoint: str) -> None:
    assert get(endpoint, "").split("\n") == ["dynamic/", "meta-data/", "user-data"]
    assert get(endpoint, "meta-data/placement/") == "availability-zone\nregion"
    assert get(endpoint, "meta-data/placement/region") == "eu-west-1"
    assert get(endpoint, "meta-data/tags/instance") == "Name\naws:autoscaling:groupName"
    assert get(endpoint, "meta-data/tags/instance/aws:autoscaling:groupName") == "Hello"
    assert get(endpoint, "user-data") == "\x00user data"
    for path in ("tags/instance/aws%3Aautoscaling%3AgroupName", "spot/instance-action"):
        with pytest.raises(HTTPError, match="404"):
            get(endpoint, f"meta-data/{path}")


def test_the_identity_document_names_the_instance(endpoint: str) -> None:
    document = json.loads(get(endpoint, "dynamic/instance-identity/document"))
    assert document["instanceId"] == "i-0123456789abcdef0"
    assert document["region"] == "eu-west-1"
    assert document["accountId"] == "123456789012"


def test_botocore_gets_the_roles_credentials(endpoint: str) -> None:
    fetcher = InstanceMetadataFetcher(
        base_url=endpoint + "/",
        num_attempts=1,
        config={"ec2_metadata_v1_disabled": True},
    )
    found = fetcher.retrieve_iam_role_credentials()
    assert found["role_name"] == "HostRole"
    assert found["access_key"] == CREDENTIALS["AccessKeyId"]
    assert found["token"] == CREDENTIALS["Token"]


def test_credentials_are_current_at_each_request() -> None:
    given = iter([{"AccessKeyId": "first"}, {"AccessKeyId": "second"}])
    asking = dataclasses.replace(launch(b""), credentials=lambda: next(given))
    content = tree(asking)
    service = MetadataService(lambda: content)
    path = "meta-data/iam/security-credentials/HostRole"
    found = [json.loads(get(service.endpoint, path))["AccessKeyId"] for _ in range(2)]
    service.stop()
    assert found == ["first", "second"]


def test_a_shared_service_answers_each_address_with_its_own_metadata_and_others_with_404() -> None:
    trees = {
        f"127.0.0.{number}": tree(dataclasses.replace(launch(b""), instance_id=f"i-{number}"))
        for number in (2, 3)
    }
    listener = socket.create_server(("127.0.0.1", 0))
    service = SharedMetadata(listener, trees.get)
    told = [from_address(f"127.0.0.{number}", listener.getsockname()) for number in (2, 3, 4)]
    service.stop()
    assert told == ["i-2", "i-3", None]


def test_notices_replace_metadata_except_unfinished_ones(tmp_path: Path) -> None:
    (tmp_path / "spot").mkdir()
    (tmp_path / "spot/.instance-action").write_text("half")
    (tmp_path / "spot/instance-action").write_text("whole")
    (tmp_path / "ami-id").write_text("ami-1")
    quiet = tree(launch(b""))
    shown = noticed(quiet, tmp_path)
    assert find(shown, "/latest/meta-data/spot/") == b"instance-action"
    assert find(shown, "/2021-03-23/meta-data/spot/instance-action") == b"whole"
    assert find(shown, "/latest/meta-data/ami-id") == b"ami-1"
    assert find(shown, "/latest/meta-data/instance-id") == b"i-0123456789abcdef0"
    assert find(quiet, "/latest/meta-data/spot/") is None


def test_porterds_own_client_reads_the_metadata(endpoint: str) -> None:
    asking = Metadata(endpoint)
    assert asking.instance_id() == "i-0123456789abcdef0"
    assert asking.region() == "eu-west-1"
    assert asking.identity()["imageId"] == "ami-0abc"
    assert asking.tags() == {"Name": "web", "aws:autoscaling:groupName": "Hello"}
