"""`porter host apply --payload s3://...` verifies and unpacks a payload, or refuses it whole."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Iterator

import pytest

from porter.spec import dumps
from tests.daemon.loopback import Handler, Imds, Server, running
from tests.hot.host import SERVICE, HotHost


class Bucket(Server):
    """An S3 that only serves GetObject; `objects` by path."""

    def __init__(self) -> None:
        super().__init__(BucketHandler)
        self.objects: dict[str, bytes] = {}


class BucketHandler(Handler):
    """The request handler of a `Bucket`."""

    server: Bucket

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        """Send the object, or 404."""
        content = self.server.objects.get(self.path.partition("?")[0])
        self.answer(404 if content is None else 200, content or b"")


@pytest.fixture
def bucket(hot: HotHost) -> Iterator[Bucket]:
    """A bucket that the host may read."""
    server, imds = Bucket(), Imds()
    imds.tree["meta-data/iam/security-credentials/"] = "HostRole"
    imds.tree["meta-data/iam/security-credentials/HostRole"] = json.dumps(
        {
            "Code": "Success",
            "LastUpdated": "2026-01-01T00:00:00Z",
            "Type": "AWS-HMAC",
            "AccessKeyId": "ASIAEXAMPLE",
            "SecretAccessKey": "secret",
            "Token": "token",
            "Expiration": "2099-01-01T00:00:00Z",
        }
    )
    hot.host.environment |= {
        "AWS_ENDPOINT_URL_S3": f"http://localhost:{server.port}",
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": imds.url,
        "AWS_EC2_METADATA_DISABLED": "false",
    }
    with running(server), running(imds):
        yield server


def packed(hot: HotHost, version: str, spec: str = "") -> bytes:
    """Return a payload, packed as synthesis packs it."""
    content = io.BytesIO()
    files = {
        "host.json": spec or dumps(hot.spec(version)),
        "workloads/web/main.py": SERVICE.read_text(),
    }
    with tarfile.open(fileobj=content, mode="w:xz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def take_up(
    hot: HotHost, bucket: Bucket, content: bytes, *options: str
) -> subprocess.CompletedProcess[str]:
    """Upload a payload and apply it."""
    bucket.objects["/releases/web/2.tar.xz"] = content
    digest = hashlib.sha256(content).hexdigest()
    url = "s3://releases/web/2.tar.xz"
    return hot.host.porter("host", "apply", "--payload", url, "--sha256", digest, *options)


def test_it_is_fetched_and_taken_up_and_from_then_on_the_deployment_names_it(
    hot: HotHost, bucket: Bucket
) -> None:
    done = take_up(hot, bucket, packed(hot, "2"))
    assert done.returncode == 0, done.stderr
    assert hot.page() == "2"
    named = json.loads(hot.text("etc/porter/deployment.json"))["payload"]
    assert (named["bucket"], named["key"]) == ("releases", "web/2.tar.xz")
    assert hot.applied() == "nothing to do\n"


def test_other_bytes_than_announced_are_refused(hot: HotHost, bucket: Bucket) -> None:
    before = hot.host.files()
    bucket.objects["/releases/web/2.tar.xz"] = packed(hot, "2")
    url = "s3://releases/web/2.tar.xz"
    done = hot.host.porter("host", "apply", "--payload", url, "--sha256", "b" * 64)
    assert done.returncode == 1
    assert "has the SHA-256" in done.stderr
    assert url in done.stderr
    assert hot.page() == "1"
    assert _changed(before, hot) == set()


def test_another_schema_is_refused_before_anything_changes(hot: HotHost, bucket: Bucket) -> None:
    before = hot.host.files()
    done = take_up(hot, bucket, packed(hot, "2", spec='{"schema": 7}'))
    assert done.returncode == 1
    assert "version 7, this porter speaks version 1" in done.stderr
    assert hot.page() == "1"
    assert _changed(before, hot) == set()


def test_a_dry_run_fetches_it_and_keeps_nothing(hot: HotHost, bucket: Bucket) -> None:
    before = hot.host.files()
    done = take_up(hot, bucket, packed(hot, "2"), "--dry-run")
    assert "send to HAProxy: add server web/web_b" in done.stdout
    assert _changed(before, hot) == set()


@pytest.mark.parametrize(
    "options",
    [("--payload", "s3://releases/2"), ("--payload", "https://a/b", "--sha256", "a" * 64)],
)
def test_a_payload_without_digest_or_not_in_s3_is_a_mistake(
    hot: HotHost, options: tuple[str, ...]
) -> None:
    done = hot.host.porter("host", "apply", *options)
    code, said = (1, "is not in S3") if "--sha256" in options else (2, "--sha256")
    assert done.returncode == code
    assert said in done.stderr
    assert hot.page() == "1"


def _changed(before: dict[str, bytes], hot: HotHost) -> set[str]:
    """Return porter's own files that were added, removed or changed."""
    after = hot.host.files()
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return {name for name in names if name.startswith(("etc/", "opt/", "var/lib/porter/"))}
