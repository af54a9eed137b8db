"""A payload is brought to a running host whole, or not at all."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.payload import bring_payload, payload_spec
from porter.host.release import tidy
from porter.spec import AssetLocation, Deployment, dumps
from tests.daemon.loopback import Handler, Server, running
from tests.host.fake_host import host_deployment, host_spec
from tests.host.goals import goal_of

SPEC = host_spec()
PLACE = "s3://releases/web/2.tar.xz"


class Bucket(Server):
    """An S3 that serves `content` for every key."""

    def __init__(self) -> None:
        super().__init__(BucketHandler)
        self.content, self.asked = b"", 0
        self.seen: list[list[str]] = []
        self.machine: Machine | None = None

    def holds(self, content: bytes) -> Deployment:
        """Serve `content`; return a deployment that names it."""
        self.content = content
        digest = hashlib.sha256(content).hexdigest()
        asset = AssetLocation(bucket="releases", key="web/2.tar.xz", sha256=digest)
        return replace(host_deployment(), payload=asset)


class BucketHandler(Handler):
    """The handler of a `Bucket`."""

    server: Bucket

    def do_GET(self) -> None:  # noqa: N802 - the base class names it
        """Send the content."""
        self.server.asked += 1
        if self.server.machine:
            self.server.seen.append(left(self.server.machine))
        self.answer(200, self.server.content)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    server = Bucket()
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://localhost:{server.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with running(server):
        yield server


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(Layout(tmp_path))


def packed(spec: str | None = dumps(SPEC), kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a payload with a program, a link that leads nowhere yet, and `spec`."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:xz") as archive:
        for name, text in (("workloads/web/main.py", "print()"), ("host.json", spec)):
            if text is not None:
                member = tarfile.TarInfo(name)
                member.type = kind if name == "host.json" else tarfile.REGTYPE
                member.size = len(text) if member.isreg() else 0
                archive.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("workloads/web/latest")
        link.type, link.linkname = tarfile.SYMTYPE, "made-at-run-time"
        archive.addfile(link)
    return made.getvalue()


def left(machine: Machine) -> list[str]:
    """Return what is in the folder of payloads."""
    folder = Path(machine.layout.payloads)
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_payload_is_brought_once_and_whole(machine: Machine, bucket: Bucket) -> None:
    deployment = bucket.holds(packed())
    before = os.umask(0o077)
    try:
        for _ in range(2):
            bring_payload(machine, deployment)
    finally:
        os.umask(before)
    folder = Path(machine.layout.payload(deployment.payload))
    assert bucket.asked == 1
    assert left(machine) == [folder.name]
    assert folder.stat().st_mode & 0o777 == 0o755, "programs have users of their own"
    assert (folder / "workloads/web/main.py").read_text() == "print()"
    assert (folder / "workloads/web/latest").is_symlink()
    assert payload_spec(machine, deployment) == SPEC
    assert bucket.asked == 1
    bring_payload(machine, bucket.holds(packed(dumps(replace(SPEC, service="other")))))
    assert len(left(machine)) == 2


def test_what_a_killed_apply_leaves_is_removed_by_the_next(
    machine: Machine, bucket: Bucket
) -> None:
    bucket.machine = machine
    deployment = bucket.holds(packed())
    bring_payload(machine, deployment)
    [[name]] = bucket.seen
    (Path(machine.layout.payloads) / name).mkdir()
    goal = replace(goal_of(SPEC), deployment=deployment, layout=machine.layout)
    steps = tidy.plan(goal, tidy.look(goal, machine))
    assert [step.title for step in steps] == [f"remove {machine.layout.payloads / name}/"]


def test_a_specification_is_read_from_s3_without_keeping_the_payload(
    machine: Machine, bucket: Bucket
) -> None:
    assert payload_spec(machine, bucket.holds(packed())) == SPEC
    assert left(machine) == []


def test_a_folder_that_is_no_payload_is_an_error_with_its_cure(
    machine: Machine, bucket: Bucket
) -> None:
    deployment = bucket.holds(packed())
    folder = Path(machine.layout.payload(deployment.payload))
    folder.mkdir(parents=True)
    (folder / "notes.txt").touch()
    with pytest.raises(PorterError) as error:
        payload_spec(machine, deployment)
    assert (error.value.where, error.value.what) == (f"{folder}/host.json", "is missing")
    assert error.value.cure == "the folder is no payload: remove it"
    assert bucket.asked == 0


@pytest.mark.parametrize(
    "content",
    [b"no archive", packed()[:150], packed(spec=None), b""],
    ids=["text", "half", "no host.json", "empty"],
)
def test_what_synthesis_did_not_make_is_refused(
    machine: Machine, bucket: Bucket, content: bytes
) -> None:
    deployment = bucket.holds(content)
    for act in (bring_payload, payload_spec):
        with pytest.raises(PorterError) as error:
            act(machine, deployment)
        assert error.value.where == PLACE
        assert error.value.what.startswith("cannot be unpacked: ")
        assert error.value.cure == "it was not made by synthesis"
    assert left(machine) == []


@pytest.mark.parametrize(
    ("content", "where"),
    [
        (packed('{"schema": 7}'), f"{PLACE}/host.json/schema"),
        (packed("{"), f"{PLACE}/host.json"),
        (packed(kind=tarfile.DIRTYPE), f"{PLACE}/host.json"),
    ],
    ids=["schema", "no JSON", "a folder"],
)
def test_a_specification_that_cannot_be_read_is_named_with_its_place(
    machine: Machine, bucket: Bucket, content: bytes, where: str
) -> None:
    with pytest.raises(PorterError) as error:
        bring_payload(machine, bucket.holds(content))
    assert error.value.where == where
    assert left(machine) == []
