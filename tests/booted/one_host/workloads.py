"""The shared host's workloads with an AWS SDK, and what each of them could do with it."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from tests.harness.staying import BACK_SECONDS, Staying
from tests.harness.traces import until

PORTS = {"app": 8000, "mail": 9000, "box": 9100}
"""The port of each workload: two processes, and a container."""

TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - its variable's name
_ADDRESS = "{{.NetworkSettings.Networks.porter.IPAddress}}"
_CREDENTIALS = """
. /run/porter/credentials/{name}.env
echo header = \\"Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN\\" |
    curl --silent --show-error --config - $AWS_CONTAINER_CREDENTIALS_FULL_URI
"""

_PORTERD = """
. /run/porter/credentials/$1.env
shift
echo header = \\"Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN\\" |
    curl --silent --show-error --config - "$@"
"""


def act(there: Staying, name: str) -> Any:
    """Return what the workload `name` could do, and its environment."""
    return json.loads(ask(there, name, "/act"))


def ask(there: Staying, name: str, path: str) -> str:
    """Return the answer of the workload `name`; the container can be reached on its host alone."""
    inspect = ("docker", "inspect", "--format", _ADDRESS, "porter-box")
    address = there.run(*inspect) if name == "box" else "127.0.0.1"
    return there.run("curl", "-sS", f"http://{address}:{PORTS[name]}{path}")


def works(there: Staying, name: str) -> bool:
    """Return whether the workload answers and could read the object."""
    with suppress(AssertionError):
        return '"GRANTED": "the object"' in ask(there, name, "/act")
    return False


def environment(there: Staying, name: str) -> dict[str, str]:
    """Return the variables of the workload whose names begin with AWS and PORT."""
    found: dict[str, str] = act(there, name)["environment"]
    return found


def credentials(there: Staying, name: str) -> dict[str, str]:
    """Return the credentials that porterd gives for the token of the workload."""
    script = _CREDENTIALS.format(name=name)
    answers: list[dict[str, str]] = []

    def given() -> bool:
        answers.append(json.loads(there.run("sh", "-c", script)))
        return "SecretAccessKey" in answers[-1]

    assert until(given, BACK_SECONDS), answers[-1]
    return answers[-1]


def porterd(there: Staying, name: str, path: str, *options: str) -> str:
    """Return porterd's answer to a request with the token of the workload."""
    url = f"http://127.0.0.1:3001{path}"
    return there.run("sh", "-c", _PORTERD, "sh", name, *options, url)
