"""The secrets that AWS has for the shared host, and the programs that get them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from porter.aws.clients import Clients
from tests.booted.one_host.app import PRINTED
from tests.harness.staying import Staying

KEY = "-----BEGIN PRIVATE KEY-----\nbm90IHJlYWxseSBhIGtleQ\n-----END PRIVATE KEY-----\n"
TOKEN = "token-after-its-rotation"  # noqa: S105 - the test's own


class Known:
    """Reads and rotates secrets; `values` has all values so far."""

    def __init__(self, there: Staying, aws: Clients) -> None:
        self.there = there
        self.aws = aws
        self.database = self.value("database")
        self.password = str(json.loads(self.database)["password"])
        self.key = self.value("key")
        login = str(json.loads(self.value("hello/login"))["password"])
        self.values = {self.database, self.password, self.key, login, *PRINTED.values()}

    def value(self, name: str) -> str:
        """Return the present values in Secrets Manager."""
        answer = self.aws["secretsmanager"].get_secret_value(SecretId=name)
        return str(answer["SecretString"])

    def rotate_token(self, value: str) -> None:
        """Change the value of the parameter."""
        self.values.add(value)
        self.aws["ssm"].put_parameter(
            Name="/app/token", Value=value, Type="SecureString", Overwrite=True
        )

    def rotate_key(self, value: str) -> None:
        """Change the value of the secret."""
        self.values.add(value)
        self.aws["secretsmanager"].put_secret_value(SecretId="key", SecretString=value)

    def has(self, **expected: str) -> bool:
        """Return whether the running service has exactly these values."""
        done = self.there.attempt("curl", "-sS", "http://127.0.0.1:9200/")
        return _digests(expected).items() <= json.loads(done.stdout or "{}").items()

    def printed(self, unit: str, **expected: str) -> bool:
        """Return whether the values that `unit` printed last are exactly these."""
        said = self.there.run("journalctl", "--no-pager", "--output=cat", f"--unit={unit}")
        found = re.findall(r"^(\w{64})  \S*/(\w+)$", said, re.MULTILINE)
        return {name: digest for digest, name in found} == _digests(expected)


def _digests(values: Mapping[str, str]) -> dict[str, str]:
    """Return the digests that programs print of these values."""
    return {name: hashlib.sha256(value.encode()).hexdigest() for name, value in values.items()}
