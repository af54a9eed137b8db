"""ECR has another domain in each partition of AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore
import pytest

from porter.aws.clients import Clients
from porter.aws.registry import ECR, URL_SUFFIXES, ecr_account
from porter.errors import PorterError

DATA = json.loads((Path(botocore.__file__).parent / "data/partitions.json").read_text())
REGIONS = {
    "aws": "eu-west-1",
    "aws-cn": "cn-north-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
    "aws-us-gov": "us-gov-west-1",
}
"""A region in each partition."""


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")


@pytest.mark.parametrize("partition", DATA["partitions"], ids=lambda one: one["id"])
def test_an_image_in_ecr_is_recognized_in_every_partition(partition: dict[str, Any]) -> None:
    region, suffix = REGIONS[partition["id"]], partition["outputs"]["dnsSuffix"]
    image = f"123456789012.dkr.ecr.{region}.{suffix}/app@sha256:1"
    found = ECR.match(image)
    assert found
    assert found.groups() == ("123456789012", region)
    endpoint = Clients(region=region)["ecr"].meta.endpoint_url
    assert endpoint == f"https://api.ecr.{region}.{suffix}"


def test_no_other_domain_gets_a_token_of_ecr() -> None:
    assert set(URL_SUFFIXES) == {one["outputs"]["dnsSuffix"] for one in DATA["partitions"]}
    for domain in ("example.com", "amazonaws.com.example.com", "amazonaws.eu.example.com"):
        with pytest.raises(PorterError, match="is not an image in ECR"):
            ecr_account(f"123456789012.dkr.ecr.eu-west-1.{domain}/app@sha256:1")
