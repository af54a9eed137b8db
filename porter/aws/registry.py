"""Who a host is to a container registry: a user name and a password, never written anywhere."""

from __future__ import annotations

import base64
import json
import re

from porter.aws.clients import ERRORS, Clients
from porter.aws.secrets import Patience, read_secret
from porter.errors import PorterError
from porter.spec import Secret

_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/")


def ecr_account(reference: str) -> dict[str, str]:
    """What ECR takes for the image `reference`, with this host's role, for twelve hours.

    Raises `PorterError`. Source: GetAuthorizationToken in the Amazon ECR API reference.
    """
    place = _ECR.match(reference)
    if place is None:
        raise PorterError("is no image of ECR", where=reference)
    try:
        answer = Clients.of_host(place[2])["ecr"].get_authorization_token()
    except ERRORS as error:
        raise PorterError(f"ECR gives no token: {error}", where=reference) from error
    token = base64.b64decode(answer["authorizationData"][0]["authorizationToken"]).decode()
    user, _, password = token.partition(":")
    return {"username": user, "password": password}


def secret_account(secret: Secret, region: str) -> dict[str, str]:
    """What `secret` holds: a JSON object with `username` and `password`.

    Raises `PorterError`, which does not quote it.
    """
    text = read_secret(secret, region, Patience())
    try:
        found = json.loads(text)
        return {"username": str(found["username"]), "password": str(found["password"])}
    except (ValueError, KeyError, TypeError):
        raise PorterError(
            "the registry's credentials are no JSON object with `username` and `password`",
            where=str(secret.id),
        ) from None
