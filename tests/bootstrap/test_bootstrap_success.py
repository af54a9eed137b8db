"""A host that can boot fetches, verifies and unpacks its assets, and applies them."""

import sys

import pytest

from .cloud import BUCKET, HANDLE, SECRET_KEY, TOKEN, Cloud
from .conftest import Host


def test_porter_host_apply_runs_from_the_verified_bundle(host: Host, cloud: Cloud) -> None:
    done = host.boot()
    assert (done.returncode, done.stderr) == (0, "")
    bundle = f"bundle-{host.deployment()['bundle']['sha256'][:12]}"
    payload = f"payload-{host.deployment()['payload']['sha256'][:12]}"
    assert host.unpacked() == [bundle, payload]
    assert host.applied() == {
        "argv": ["host", "apply"],
        "folder": str(host.root / "opt/porter" / bundle),
        "version": list(sys.version_info[:2]),
    }
    hello = host.root / "opt/porter" / payload / "workloads/hello/main.py"
    assert hello.read_text() == "print('hello')\n"
    assert cloud.signals == [], "porterd speaks for a host that boots"


def test_each_asset_is_asked_for_once_by_its_exact_key(host: Host, cloud: Cloud) -> None:
    host.boot()
    assert cloud.s3_requests == [f"/{BUCKET}/payload.tar.gz", f"/{BUCKET}/bundle.tar.xz"]


def test_a_second_run_fetches_nothing(host: Host, cloud: Cloud) -> None:
    host.boot()
    cloud.s3_requests.clear()
    (host.root / "applied.json").unlink()
    assert host.boot().returncode == 0
    assert cloud.s3_requests == []
    assert host.applied()["argv"] == ["host", "apply"]


def test_a_reboot_during_the_first_apply_resumes_it(host: Host, cloud: Cloud) -> None:
    """The first apply ends early; only an apply that succeeds is not repeated at the next boot."""
    host.bundle["__main__.py"] += b"""
if not (root / "first").exists():
    (root / "first").touch()
    sys.exit(1)
"""
    host.deploy()
    assert host.boot().returncode == 1
    cloud.s3_requests.clear()
    resumed = host.reboot()
    assert resumed
    assert (resumed.returncode, resumed.stderr) == (0, "")
    assert host.applied()["argv"] == ["host", "apply"]
    assert cloud.s3_requests == []
    assert host.reboot() is None
    assert not list(host.root.glob("etc/systemd/system/*.service"))
    assert not list(host.root.glob("var/lib/porter/*"))


def test_what_an_interrupted_run_left_is_completed(host: Host) -> None:
    digest = host.deployment()["payload"]["sha256"][:12]
    half = host.root / f"opt/porter/payload-{digest}.part/workloads/hello/main.py"
    half.parent.mkdir(parents=True)
    half.write_text("prin")
    assert host.boot().returncode == 0
    whole = host.root / f"opt/porter/payload-{digest}/workloads/hello/main.py"
    assert whole.read_text() == "print('hello')\n"
    assert not list(host.root.glob("opt/porter/*.part"))


@pytest.mark.parametrize("trouble", [403, 500, 503, "drop", "truncate"])
def test_passing_trouble_is_tried_again_with_fresh_credentials(
    host: Host, cloud: Cloud, trouble: int | str
) -> None:
    cloud.s3_answers = [trouble, trouble]
    assert host.boot().returncode == 0
    assert len(cloud.s3_requests) == 4
    assert cloud.credentials_read == 4, "the servers accept the newest ones only"
    assert cloud.signals == []


def test_no_secret_is_on_a_command_line_or_in_the_log(host: Host, cloud: Cloud) -> None:
    cloud.s3_answers = [403]
    done = host.boot()
    assert any("b85decode" in line for line in cloud.command_lines), "the bootstrap was seen"
    seen = "".join(cloud.command_lines) + done.stdout + done.stderr
    for secret in (SECRET_KEY, TOKEN, HANDLE, "s3cr%2Ft"):
        assert secret not in seen
