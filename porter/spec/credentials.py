"""How porterd recognizes a workload that asks for AWS credentials."""

from __future__ import annotations

import hashlib
import hmac

CREDENTIALS_PATH = "/v1/credentials"
"""Where porterd hands out credentials (`AWS_CONTAINER_CREDENTIALS_FULL_URI`)."""


def workload_token(key: bytes, name: str) -> str:
    """Return the token of the workload `name`: 64 hexadecimal digits, derived from `key`.

    With the host's `key` every token can be derived; from one token, no other.
    """
    return hmac.new(key, f"porter workload {name}".encode(), hashlib.sha256).hexdigest()
