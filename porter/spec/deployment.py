"""What only CloudFormation knows; it reaches the host in the user data."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from porter.spec.check import check_integer, check_one_line, check_sha256, refuse
from porter.spec.schema import check_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployTime:
    """A string known only at deployment: the text of `Deployment.values[index]`."""

    index: int

    def __post_init__(self) -> None:
        check_integer("index", self.index, 0, 999)


Text = str | DeployTime
"""A string known at synthesis, or a pointer to one known at deployment."""


def check_text(field: str, value: object) -> None:
    """Check for a string, or a pointer to one."""
    if not isinstance(value, str | DeployTime):
        raise refuse(field, f"must be a string, got {value!r}", cure="write str(...)")
    if isinstance(value, str) and "\0" in value:
        raise refuse(field, "must not contain a NUL character")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetLocation:
    """One object in S3 and the SHA-256 of its bytes.

    The key of a CDK asset is CDK's own hash, not the digest of the file, hence `sha256`.
    """

    bucket: str
    key: str
    sha256: str

    def __post_init__(self) -> None:
        check_one_line("bucket", self.bucket)
        check_one_line("key", self.key)
        check_sha256("sha256", self.sha256)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The deployed half of a host's specification.

    `handle_url` is the presigned URL of the wait handle. It is a secret: anyone who has it can
    complete or fail the stack. `values` are UTF-8 in Base64, because CloudFormation inserts them
    into JSON without escaping, and a value may contain a quotation mark. `domain` is AWS's
    domain in the partition (`AWS::URLSuffix`): `amazonaws.eu` in the European Sovereign Cloud.
    `target_groups` are the ARNs of the target groups in which Auto Scaling registers this host.
    `hook_seconds` is how long Auto Scaling waits until this host is healthy; 0 if it does not wait.
    """

    schema: int
    region: str
    stack_id: str
    handle_url: str
    bundle: AssetLocation
    payload: AssetLocation
    values: tuple[str, ...] = ()
    domain: str = "amazonaws.com"
    target_groups: tuple[str, ...] = ()
    hook_seconds: int = 0

    def __post_init__(self) -> None:
        check_schema(self.schema)
        check_one_line("region", self.region)
        check_one_line("stack_id", self.stack_id)
        check_one_line("domain", self.domain)
        check_one_line("handle_url", self.handle_url)
        check_integer("hook_seconds", self.hook_seconds, 0, 7200)
        for arn in self.target_groups:
            check_one_line("target_groups", arn)
        for index in range(len(self.values)):
            self.text(index)

    def text(self, index: int) -> str:
        """Decode the deployed string number `index`. Raises `SpecError` if there is none."""
        if not 0 <= index < len(self.values):
            raise refuse("values", f"value {index} is missing, got {len(self.values)} values")
        try:
            return base64.b64decode(self.values[index], validate=True).decode()
        except ValueError as error:  # not ASCII, not Base64, or not UTF-8
            raise refuse(f"values/{index}", "must be Base64 of UTF-8 text") from error
