"""Assume a role in a process of its own: `python -m porter.aws.assume_role REGION ARN SESSION...`.

porterd starts this process, so that the 25 MB of an AWS SDK are freed when it ends. It prints one
JSON object: `{"sessions": {SESSION: {...}}}` in the container-credentials format, or
`{"problem": "..."}` with AWS's reason and no secret.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from porter.aws.clients import ERRORS, Clients


def assume(region: str, role: str, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return a session of `role` for each of `names`. Raises one of `ERRORS`.

    The format is that of "Container credential provider" in the AWS SDKs and Tools Reference Guide.
    """
    sts = Clients.of_host(region)["sts"]
    return {
        name: _as_container_credentials(
            sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"], role
        )
        for name in names
    }


def _as_container_credentials(given: dict[str, Any], role: str) -> dict[str, str]:
    return {
        "AccessKeyId": given["AccessKeyId"],
        "SecretAccessKey": given["SecretAccessKey"],
        "Token": given["SessionToken"],
        "Expiration": given["Expiration"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "RoleArn": role,
    }


def main() -> None:
    """Print AWS's answer as JSON."""
    region, role, *names = sys.argv[1:]
    try:
        answer: dict[str, Any] = {"sessions": assume(region, role, names)}
    except ERRORS as error:
        answer = {"problem": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
