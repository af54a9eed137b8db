"""A host before its bootstrap, and the bootstrap as the user data contains it."""

import base64
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import porter.bundle
from porter_cdk import user_data
from tests.harness.slowness import slowness

from .cloud import REGION, Cloud, Server

BOOT = Path(porter.bundle.__file__).with_name("boot.py").read_bytes()
RECORD = b"""
import json, os, pathlib, sys
root = pathlib.Path(os.environ["PORTER_ROOT"])
record = {"argv": sys.argv[1:], "folder": sys.path[0], "version": sys.version_info[:2]}
(root / "applied.json").write_text(json.dumps(record))
"""


class Host:
    """A root folder, with the deployment that cloud-init writes there."""

    def __init__(self, root: Path, cloud: Cloud) -> None:
        self.root = root
        self.cloud = cloud
        self.payload = {"host.json": b"{}", "workloads/hello/main.py": b"print('hello')\n"}
        self.bundle = {"boot.py": BOOT, "__main__.py": RECORD}
        self.has_data_filter = True

    def deploy(self) -> None:
        """Upload both assets and write `deployment.json`."""
        deployment = {
            "schema": 1,
            "region": REGION,
            "stack_id": "arn:aws:cloudformation:eu-central-1:123456789012:stack/Hello/1",
            "handle_url": self.cloud.handle_url,
            "payload": self.cloud.put("payload.tar.gz", archive(self.payload, "gz")),
            "bundle": self.cloud.put("bundle.tar.xz", archive(self.bundle, "xz")),
            "values": [],
        }
        self.write(deployment)

    def write(self, deployment: dict[str, object]) -> None:
        """Write the deployment, as cloud-init's `write_files` does."""
        path = self.root / "etc/porter/deployment.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(deployment))

    def deployment(self) -> dict[str, dict[str, str]]:
        """What was written."""
        return dict(json.loads((self.root / "etc/porter/deployment.json").read_text()))

    def boot(
        self, python: str = sys.executable, path: str = "", endpoint: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the loader as cloud-init does, with a shorter time-out."""
        environment = {
            "PATH": path or os.environ["PATH"],
            "PORTER_ROOT": str(self.root),
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": self.cloud.url,
            "AWS_ENDPOINT_URL": endpoint or self.cloud.url,
        }
        _, *arguments = impatient(user_data.loader(), has_data_filter=self.has_data_filter)
        return self._run([python, *arguments], environment)

    def reboot(self) -> subprocess.CompletedProcess[str] | None:
        """Run what systemd starts at boot, if anything."""
        [*links] = (self.root / "etc/systemd/system/multi-user.target.wants").glob("*")
        if not links:
            return None
        [link] = links
        [argv] = re.findall("^ExecStart=(.*)$", link.read_text(), re.MULTILINE)
        return self._run(argv.split(), self._environment)

    def _run(
        self, argv: list[str], environment: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        self._environment = environment
        return subprocess.run(
            argv,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def applied(self) -> dict[str, object]:
        """Return what the bundle's `__main__.py` recorded."""
        return dict(json.loads((self.root / "applied.json").read_text()))

    def unpacked(self) -> list[str]:
        """Return the names of the folders below `/opt/porter`."""
        return sorted(path.name for path in (self.root / "opt/porter").glob("*"))


def archive(files: dict[str, bytes], kind: str) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{kind}") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def impatient(loader: list[str], *, has_data_filter: bool = True) -> list[str]:
    """Return the loader with a time-out of 2 seconds and pauses of at most 0.03 s.

    Without `has_data_filter` it finds no `tarfile.data_filter`, as with older Pythons.
    """
    program = loader[-1]
    packed = re.search(r"b85decode\('(.*)'\)", program)
    assert packed
    source = zlib.decompress(base64.b85decode(packed[1])).decode()
    assert source.count("time.time()+60") == source.count("urandom(1)[0]/99") == 1
    source = source.replace("time.time()+60", "time.time()+2").replace("[0]/99", "[0]/9999")
    if not has_data_filter:
        source, found = re.subn(r"getattr\(\w+, *.data_filter., *None\)", "None", source)
        assert found == 1, source
    shorter = base64.b85encode(zlib.compress(source.encode())).decode()
    return [*loader[:-1], program.replace(packed[1], shorter)]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    server = Server(cloud)
    yield cloud
    server.stop()


@pytest.fixture
def host(tmp_path: Path, cloud: Cloud) -> Host:
    """A host with a valid payload and bundle; each test breaks one thing."""
    host = Host(tmp_path / "root", cloud)
    host.deploy()
    return host


@pytest.fixture
def reason(host: Host, cloud: Cloud) -> Callable[[], str]:
    """Boot a host that must fail; return the reason of its only signal."""

    def boot() -> str:
        done = host.boot()
        assert done.returncode == 1, done.stderr
        ((_, _, signal),) = cloud.signals
        assert signal["Status"] == "FAILURE"
        assert len(signal["Reason"]) <= 1024
        said, _, clock = str(signal["Reason"]).partition(", clock: ")
        assert abs(time.mktime(time.strptime(clock)) - time.time()) < 10 * slowness()
        return said

    return boot
