"""A package that a host installs from S3 or from a URL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from aws_cdk import Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from porter import spec
from porter.spec import SpecError
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A `.deb` or `.rpm` outside of any repository: `Package.from_s3` or `Package.from_url`.

    A host refuses a file whose SHA-256 is not `sha256` (64 hexadecimal digits).
    """

    sha256: str
    format: str
    url: str = ""
    bucket: s3.IBucket | None = None
    key: str = ""

    @classmethod
    def from_s3(
        cls,
        bucket: s3.IBucket,
        key: str,
        *,
        sha256: str,
        format: Literal["deb", "rpm"] | None = None,  # noqa: A002 - the plain word
    ) -> Self:
        """Install an object in S3. The hosts' role may read that object only.

        bucket: the bucket.
        key: the object's key.
        sha256: the digest of the package, 64 hexadecimal digits.
        format: the kind of package. Default: the end of `key`.

        An asset works too: `Package.from_s3(asset.bucket, asset.s3_object_key, sha256=...)`.
        """
        return cls(sha256=sha256, format=format or _format("key", key), bucket=bucket, key=key)

    @classmethod
    def from_url(
        cls,
        url: str,
        *,
        sha256: str,
        format: Literal["deb", "rpm"] | None = None,  # noqa: A002 - the plain word
    ) -> Self:
        """Install a file from the web.

        url: the https address.
        sha256: the digest of the package, 64 hexadecimal digits.
        format: the kind of package. Default: the end of the path of `url`.
        """
        return cls(sha256=sha256, format=format or _format("url", url), url=url)

    def grant(self, role: iam.IRole, reads: iam.PolicyDocument) -> None:
        """Let `role` read the object in S3, and decrypt it if its bucket has a KMS key.

        `reads` is the role's policy for one release: a change of the package leaves the hosts of
        the release before with what they read (ADR 0024).
        """
        if self.bucket:
            objects = [self.bucket.arn_for_objects(self.key)]
            reads.add_statements(iam.PolicyStatement(actions=["s3:GetObject"], resources=objects))
            if self.bucket.encryption_key:
                self.bucket.encryption_key.grant_decrypt(role)

    def package(self, values: DeployTimeValues, below: str = "") -> spec.Package:
        """Return the host's form of this package; add its CDK tokens to `values`."""
        return spec.Package(
            format=self.format,  # type: ignore[arg-type]  # refused by the spec
            sha256=self.sha256,
            url=values.text(f"{below}url", self.url),
            bucket=values.text(f"{below}bucket", self.bucket.bucket_name if self.bucket else ""),
            key=values.text(f"{below}key", self.key),
        )


def _format(field: str, name: str) -> str:
    ending = name.partition("?")[0].rpartition(".")[2]
    if ending in ("deb", "rpm") and not Token.is_unresolved(ending):
        return ending
    raise SpecError(
        f"must end with .deb or .rpm, got {name!r}", where=field, cure='write format="deb"'
    )
