"""The options `--payload` and `--sha256` of `porter host apply`."""

from __future__ import annotations

import pytest

from porter.errors import PorterError
from porter.host.core.payload import parse_payload
from tests.host.fake_host import FakeHost

SHA256 = "a" * 64


def test_a_payload_in_s3_is_named_by_bucket_and_key() -> None:
    asset = parse_payload("s3://releases/web/2.tar.xz", SHA256)
    assert (asset.bucket, asset.key, asset.sha256) == ("releases", "web/2.tar.xz", SHA256)


@pytest.mark.parametrize(
    "url",
    ["https://a/b", "s3://releases", "s3://releases/", "s3:///key", "/tmp/x"],  # noqa: S108 - no file
)
def test_a_payload_that_is_not_in_s3_is_refused_with_the_cure(url: str) -> None:
    with pytest.raises(PorterError) as error:
        parse_payload(url, SHA256)
    assert error.value.where == "--payload"
    assert error.value.what == f"{url!r} is not in S3"
    assert error.value.cure == "write s3://BUCKET/KEY"


def test_a_digest_that_is_none_is_refused_by_its_option() -> None:
    with pytest.raises(PorterError, match=r"--sha256: "):
        parse_payload("s3://releases/2", "b" * 63)


def test_the_command_prints_that_error_and_no_traceback(fake_host: FakeHost) -> None:
    done = fake_host.porter("host", "apply", "--payload", "https://a/b", "--sha256", SHA256)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "error: 'https://a/b' is not in S3" in done.stderr
    assert "write s3://BUCKET/KEY" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr
