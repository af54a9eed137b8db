"""CloudFormation's resource types, as porter reads them out of the cdk CLI's database."""

from __future__ import annotations

import gzip
import json
import random
import re
from typing import Any

import pytest

from porter import toolchain
from porter.rehearsal.cloud.emulator import shapes
from porter.rehearsal.cloud.emulator.resource_types import ResourceType, resource_type
from tests.harness.effort import repeats
from tests.harness.seeds import seed

GIVEN = ("eu-west-1", "123456789012")


@pytest.fixture(scope="module")
def entities() -> list[dict[str, Any]]:
    """Every type, from the whole database."""
    text = gzip.decompress(toolchain.resource_database().read_bytes())
    found: list[dict[str, Any]] = json.loads(text)["schema"]["resource"]["entities"]
    return found


def kind(name: str) -> ResourceType:
    """Return a type that exists."""
    found = resource_type(name)
    assert found
    return found


def test_a_type_read_out_of_the_text_is_that_of_the_database(
    entities: list[dict[str, Any]],
) -> None:
    """Reading relies on the order of keys in the database's text."""
    for entity in random.Random(seed()).sample(entities, repeats(ci=40, all=400)):  # noqa: S311 - a choice of tests
        found = kind(entity["cloudFormationType"])
        assert set(found.properties) == set(entity["properties"])
        assert set(found.attributes) == set(entity["attributes"])
        found.missing({})


def test_a_name_that_is_no_type_is_unknown() -> None:
    assert resource_type("AWS::EC2::ElasticIp") is None
    assert resource_type("AWS::EC2::EI") is None


def test_what_is_required_is_missed_at_any_depth() -> None:
    distribution = {"DistributionConfig": {"Enabled": True, "Origins": [{"Id": "a"}]}}
    assert kind("AWS::CloudFront::Distribution").missing(distribution) == [
        "#/DistributionConfig/Origins/0: required key [DomainName] not found",
        "#/DistributionConfig: required key [DefaultCacheBehavior] not found",
    ]


def test_ref_is_what_cloudformation_refers_by_and_not_always_the_primary_identifier() -> None:
    address = kind("AWS::EC2::EIP")
    values = shapes.values(address, {}, "name", GIVEN[1], GIVEN[0])
    assert shapes.physical_id(address, values, {}, "name") == values["PublicIp"]
    rule = kind("AWS::WAFv2::WebACLAssociation")
    given = {"ResourceArn": "a", "WebACLArn": "b"}
    assert shapes.physical_id(rule, {}, given, "name") == "a|b"


@pytest.mark.parametrize(
    ("name", "attribute", "shape"),
    [
        ("AWS::EC2::FlowLog", "Id", r"fl-0[0-9a-f]{16}"),
        ("AWS::EC2::NetworkAcl", "Id", r"acl-0[0-9a-f]{16}"),
        ("AWS::RDS::DBProxy", "VpcId", r"vpc-0[0-9a-f]{16}"),
        ("AWS::RDS::DBProxy", "DBProxyArn", r"arn:aws:rds:eu-west-1:123456789012:db-proxy:.+"),
        ("AWS::EC2::Instance", "PrivateIp", r"203\.0\.113\.10"),
        ("AWS::EC2::Instance", "PublicDnsName", r".+\.invalid"),
    ],
)
def test_an_attribute_has_the_shape_of_its_kind(name: str, attribute: str, shape: str) -> None:
    values = shapes.values(kind(name), {}, "name", GIVEN[1], GIVEN[0])
    assert re.fullmatch(shape, values[attribute])
