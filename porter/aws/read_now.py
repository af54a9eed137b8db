"""Read one secret in a process of its own: `python -m porter.aws.read_now REGION`.

Standard input is the `Secret` as JSON. porterd starts this process, so that the 25 MB of an AWS SDK
are freed when it ends. It prints one JSON object: `{"value": "..."}`, or `{"problem": "..."}` with
AWS's reason and no secret.
"""

from __future__ import annotations

import json
import sys

from porter.aws.secrets import Patience, read_secret
from porter.errors import PorterError
from porter.spec import Secret, loads

_PATIENCE_SECONDS = 2.0
"""For refusals: a program waits for the answer."""


def main() -> None:
    """Print AWS's answer as JSON."""
    secret = loads(Secret, sys.stdin.buffer.read())
    try:
        answer = {"value": read_secret(secret, sys.argv[1], Patience(_PATIENCE_SECONDS))}
    except PorterError as error:
        answer = {"problem": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
