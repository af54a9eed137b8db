"""A package that distributions lack: where it is, and its digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from porter.spec.check import check_sha256, refuse
from porter.spec.deployment import DeployTime, Text, check_text

Format = Literal["deb", "rpm"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package file at `url`, or in S3 as `key` of `bucket`, with its SHA-256."""

    format: Format
    sha256: str
    url: Text = ""
    bucket: Text = ""
    key: Text = ""

    def __post_init__(self) -> None:
        check_sha256("sha256", self.sha256)
        for name in ("url", "bucket", "key"):
            check_text(name, getattr(self, name))
        in_s3 = bool(self.bucket) and bool(self.key)
        if in_s3 == bool(self.url) or bool(self.bucket) != bool(self.key):
            raise refuse("url", "or bucket and key must be set", cure="set one of the two")
        if self.url and not isinstance(self.url, DeployTime) and not _is_https(self.url):
            raise refuse("url", f"must begin with https://, got {self.url!r}")

    @property
    def place(self) -> str:
        """Where it is, for people, once resolved; a URL's query may be a secret and is left out."""
        return str(self.url).partition("?")[0] or f"s3://{self.bucket}/{self.key}"


def _is_https(url: str) -> bool:
    return url.startswith("https://") and len(url) > len("https://")
