"""Fetch a host's user name and password for a container registry; they stay in memory."""

from __future__ import annotations

import base64
import json
import re

from porter.aws.clients import ERRORS, Clients
from porter.aws.secrets import Patience, read_secret
from porter.errors import PorterError
from porter.spec import Secret

URL_SUFFIXES = (
    *("amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "c2s.ic.gov", "sc2s.sgov.gov"),
    *("cloud.adc-e.uk", "csp.hci.ic.gov"),
)
"""Domains of AWS, one for each partition (botocore's `partitions.json`)."""

_SUFFIX = "|".join(map(re.escape, URL_SUFFIXES))
ECR = re.compile(rf"(\d{{12}})\.dkr\.ecr\.([a-z0-9-]+)\.(?:{_SUFFIX})/")
"""The beginning of an image in ECR: account and region."""


def ecr_account(reference: str) -> dict[str, str]:
    """Return ECR's user name and password for the image `reference`, valid for twelve hours.

    They are for the host's role. Raises `PorterError`. Source: GetAuthorizationToken in the Amazon
    ECR API reference.
    """
    place = ECR.match(reference)
    if place is None:
        raise PorterError("is not an image in ECR", where=reference)
    try:
        answer = Clients.of_host(place[2])["ecr"].get_authorization_token()
    except ERRORS as error:
        raise PorterError(f"ECR refuses a token: {error}", where=reference) from error
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    user, _, password = token.partition(":")
    return {"username": user, "password": password}


def secret_account(secret: Secret, region: str) -> dict[str, str]:
    """Return the `username` and `password` in `secret`, a JSON object.

    Raises `PorterError`, whose message does not quote the secret.
    """
    text = read_secret(secret, region, Patience())
    try:
        found = json.loads(text)
        return {"username": str(found["username"]), "password": str(found["password"])}
    except (ValueError, KeyError, TypeError):
        raise PorterError(
            "the registry's credentials are not a JSON object with `username` and `password`",
            where=str(secret.id),
        ) from None
