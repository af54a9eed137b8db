"""A host that cannot boot signals the reason at once."""

import io
import tarfile
from collections.abc import Callable

import pytest

from .cloud import HANDLE, INSTANCE, SECRET_KEY, TOKEN, Cloud
from .conftest import Host, archive

Reason = Callable[[], str]


def test_the_signal_is_what_cloudformation_accepts(host: Host, cloud: Cloud) -> None:
    """The signal keeps the URL's percent-encoding and has no content type."""
    cloud.objects.clear()
    assert host.boot().returncode == 1
    ((path, content_type, signal),) = cloud.signals
    assert path == HANDLE
    assert not content_type
    reason, _, _clock = signal.pop("Reason").partition(", clock: ")
    assert reason == "bootstrap: payload: <HTTPError 404: 'Not Found'>"
    assert signal == {"Status": "FAILURE", "UniqueId": INSTANCE, "Data": ""}


def test_a_refusal_that_does_not_pass_is_reported(cloud: Cloud, reason: Reason) -> None:
    cloud.s3_answers = [403] * 1000
    assert reason() == "bootstrap: payload: <HTTPError 403: 'Forbidden'>"
    assert len(cloud.s3_requests) > 1, "it was tried again"


def test_a_wrong_digest_is_reported_at_once(host: Host, cloud: Cloud, reason: Reason) -> None:
    cloud.put("bundle.tar.xz", archive({**host.bundle, "evil.py": b""}, "xz"))
    assert reason() == "bootstrap: bundle: ValueError('wrong SHA-256')"
    assert len(cloud.s3_requests) == 2
    assert [name.partition("-")[0] for name in host.unpacked()] == ["payload"]


@pytest.mark.parametrize("name", ["../../../escaped", "/tmp/escaped", "link/escaped", "hard"])  # noqa: S108
def test_an_archive_cannot_leave_its_folder(
    host: Host, cloud: Cloud, reason: Reason, name: str
) -> None:
    """Neither names nor links lead outside, even without `tarfile.data_filter`."""
    host.has_data_filter = False
    outside = host.root / "outside"
    outside.mkdir()
    (outside / "escaped").write_bytes(b"mine")
    name = name.replace("/tmp", str(outside))  # noqa: S108
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for kind, link, target in (
            (tarfile.SYMTYPE, "link", outside),
            (tarfile.LNKTYPE, "hard", outside / "escaped"),
        ):
            member = tarfile.TarInfo(link)
            member.type, member.linkname = kind, str(target)
            if name.startswith(link):
                tar.addfile(member)
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, io.BytesIO(b"!"))
    host.write({**host.deployment(), "payload": cloud.put("payload.tar.gz", packed.getvalue())})
    assert reason() == f"bootstrap: payload: ValueError({name!r})"
    assert (outside / "escaped").read_bytes() == b"mine"
    assert [path.name for path in host.root.parent.rglob("escaped")] == ["escaped"]


def test_what_is_no_archive_is_reported(host: Host, cloud: Cloud, reason: Reason) -> None:
    deployment = host.deployment()
    deployment["payload"] = cloud.put("payload.tar.gz", b"<html>")
    host.write({**deployment})
    assert "ReadError" in reason()


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was killed by SIGKILL: "),
        ("import porter_itself", "ended with 70: ModuleNotFoundError: No module named"),
        ("import sys; sys.stderr.write('usage\\n'); sys.exit(2)", "ended with 2: usage"),
    ],
)
def test_an_apply_that_cannot_speak_is_spoken_for(
    host: Host, reason: Reason, program: str, told: str
) -> None:
    host.bundle["__main__.py"] = (
        "import sys, traceback\n"
        f"try:\n    {program}\n"
        "except ImportError:\n    traceback.print_exc()\n    sys.exit(70)\n"
    ).encode()
    host.deploy()
    assert f"porter host apply {told}" in reason()


def test_an_apply_that_has_spoken_is_not_repeated(host: Host, cloud: Cloud) -> None:
    host.bundle["__main__.py"] = b"import sys; sys.exit('porter: error: haproxy does not start')"
    host.deploy()
    done = host.boot()
    assert done.returncode == 1
    assert "porter: error: haproxy does not start" in done.stderr
    assert cloud.signals == []


def test_the_signal_is_tried_again(cloud: Cloud, reason: Reason) -> None:
    cloud.objects.clear()
    cloud.handle_answers = [500, 503]
    assert reason()
    assert cloud.handle_answers == []


def test_a_handle_that_listens_no_more_ends_the_bootstrap(host: Host, cloud: Cloud) -> None:
    cloud.objects.clear()
    cloud.handle_answers = [403] * 1000
    assert host.boot().returncode == 1
    assert cloud.signals == []


def test_no_failure_shows_a_secret(host: Host, cloud: Cloud) -> None:
    """S3 repeats the token in its error, and the handle rejects the first signal."""
    cloud.objects.clear()
    cloud.handle_answers = [500]
    done = host.boot()
    seen = done.stdout + done.stderr + "".join(cloud.command_lines) + str(cloud.signals[0][2])
    for secret in (SECRET_KEY, TOKEN, HANDLE, "s3cr%2Ft"):
        assert secret not in seen


def test_without_a_deployment_there_is_nobody_to_tell(host: Host) -> None:
    (host.root / "etc/porter/deployment.json").unlink()
    done = host.boot()
    assert done.returncode == 1
    assert "etc/porter/deployment.json" in done.stderr
