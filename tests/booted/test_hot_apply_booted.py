"""A hot apply on a booted machine: a payload put into a bucket is taken up under requests."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.rehearsal.account import clients
from porter.rehearsal.assembly import Environment
from tests.booted.prober import Prober
from tests.booted.stage import Stage, Staying

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.usefixtures("_fast_synthesis"),
]

APP = """\
import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Hot")
service = PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
s3.Bucket(stack, "Releases").grant_read(service.host.role)
app.synth()
"""


@pytest.fixture(scope="module")
def folder(stage: Stage) -> Path:
    """The app's."""
    return stage.playground.app(app=APP)


@pytest.fixture(scope="module")
def there(stage: Stage, folder: Path) -> Iterator[Staying]:
    """The rehearsal, up, and ended in order."""
    process = stage.start(folder, "--stay", "--timeout", "240")
    yield stage.staying(process)
    ended = stage.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left


def newer(there: Staying, folder: Path, old: str, new: str) -> bytes:
    """The payload that runs there, with `new` for `old` in its service."""
    spec = there.run("sh", "-c", "cat /opt/porter/payload-*/host.json")
    files = {"host.json": spec}
    for path in sorted((folder / "service").glob("*.*")):
        files[f"workloads/web/{path.name}"] = path.read_text().replace(old, new)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:xz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def test_a_newer_payload_is_taken_up_under_requests(there: Staying, folder: Path) -> None:
    s3 = clients(Environment(), there.endpoint)["s3"]
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    (bucket,) = [name for name in names if "releases" in name]
    content = newer(there, folder, "</h1>", ", anew</h1>")
    s3.put_object(Bucket=bucket, Key="web/2.tar.xz", Body=content)
    digest = hashlib.sha256(content).hexdigest()
    assert ", anew" not in there.page()
    with Prober(there) as prober:
        url = f"s3://{bucket}/web/2.tar.xz"
        done = there.run("porter", "host", "apply", "--payload", url, "--sha256", digest)
    assert "set server web/web state drain" in done
    assert prober.asked > 20
    assert prober.failed == 0
    assert ", anew" in there.page()
    assert there.run("systemctl", "is-active", "porter-web_b") == "active"
    assert there.run("sh", "-c", "ls /etc/systemd/system/porter-web*").splitlines() == [
        "/etc/systemd/system/porter-web_b.service"
    ]
    assert there.run("porter", "host", "apply") == "nothing to do"


def test_porterd_watches_the_newer_process(there: Staying) -> None:
    assert there.service()["gate"]["state"] == "healthy"
    assert there.service()["last_check"]["ok"]
