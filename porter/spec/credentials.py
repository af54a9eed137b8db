"""How a workload and porterd know each other when it comes to AWS credentials."""

from __future__ import annotations

import hashlib
import hmac

CREDENTIALS_PATH = "/v1/credentials"
"""Where porterd hands out credentials (`AWS_CONTAINER_CREDENTIALS_FULL_URI`)."""


def workload_token(key: bytes, name: str) -> str:
    """The token of the workload `name`, 64 hexadecimal digits, derived from the host's `key`.

    Whoever has `key` can tell every workload's token; no workload can tell another's.
    """
    return hmac.new(key, f"porter workload {name}".encode(), hashlib.sha256).hexdigest()
