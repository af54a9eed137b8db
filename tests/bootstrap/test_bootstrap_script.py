"""The script itself: small, identical with every Python, and able to run on Python 3.9."""

import ast
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import porter_cdk
from porter_cdk import user_data
from porter_cdk.shorten import shorten

from .cloud import Cloud
from .conftest import Host

FOLDER = Path(porter_cdk.__file__).parent
SOURCE = (FOLDER / "bootstrap.py").read_text()
NEWER = ["python3.11", "python3.12", "python3.13", "python3.14"]


def starts(python: str) -> str | None:
    """Return the program's path if it starts; a version manager's shim may not."""
    found = shutil.which(python)
    if not found:
        return None
    code = "import sys; print(sys.executable)"
    done = subprocess.run(
        [found, "-c", code], capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout.strip() or None


def test_the_loader_leaves_room_for_the_rest_of_the_fixed_part() -> None:
    """The limit is 2,048 bytes (see tests/cdk); the cloud-config around the loader needs 357."""
    assert len(user_data.loader()[-1]) <= 2048 - 357


@pytest.mark.parametrize("name", ["bootstrap", "boot"])
def test_python_3_9_can_read_it(name: str, host: Host) -> None:
    source = SOURCE if name == "bootstrap" else host.bundle["boot.py"].decode()
    ast.parse(source, feature_version=(3, 9))


def test_every_python_shortens_it_to_the_same_bytes() -> None:
    """If the bytes differed, synthesis with another Python would replace all hosts."""
    code = "import sys; from shorten import shorten; print(shorten(sys.stdin.read()), end='')"
    pythons = {path for name in NEWER if (path := starts(name))} | {sys.executable}
    digests = set()
    for python in sorted(pythons):
        done = subprocess.run(
            [python, "-c", code],
            cwd=FOLDER,
            input=SOURCE,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        digests.add(hashlib.sha256(done.stdout.encode()).hexdigest())
    assert digests == {hashlib.sha256(shorten(SOURCE).encode()).hexdigest()}


def test_shortening_keeps_what_a_program_does(capsys: pytest.CaptureFixture[str]) -> None:
    source = '''
"""Doc."""
import json  # why
import zlib
from typing import Any

RATE = 2

def twice(value: int, rate: int = RATE) -> Any:
    """Doc."""
    try:
        result = {"value": value * rate if value else 1}
        return json.dumps(result)
    except TypeError as error:
        return str(error)

for item in 3, None:
    print("item: %s" % twice(item))
'''
    short = shorten(source)
    exec(source, {})  # noqa: S102 - the program above
    expected = capsys.readouterr().out
    exec(short, {})  # noqa: S102
    assert capsys.readouterr().out == expected == 'item: {"value": 6}\nitem: {"value": 1}\n'
    assert "zlib" not in short
    assert "typing" not in short
    assert "Doc" not in short


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("eu-central-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("eusc-de-east-1", "amazonaws.eu"),
        ("us-iso-east-1", "c2s.ic.gov"),
    ],
)
def test_on_ec2_an_asset_is_fetched_from_s3_of_its_region(region: str, suffix: str) -> None:
    """On EC2 no variable changes the endpoint; the signature is for that endpoint."""
    script: dict[str, Any] = {}
    functions = SOURCE.partition("\nROOT = ")[0]  # the code below it runs on a host
    exec(compile(functions, "bootstrap.py", "exec"), script)  # noqa: S102 - our own
    cloud, asked = Cloud(), []
    role = "iam/security-credentials/"
    answers = {role: "host-role", f"{role}host-role": json.dumps(cloud.credentials())}
    script |= {"ENV": {}, "deployment": {"region": region, "domain": suffix}}
    script |= {"metadata": answers.get, "call": lambda url, _headers: asked.append(url)}
    script["fetch"]({"bucket": "bucket", "key": "key.tar.xz"})
    [url] = asked
    assert url.startswith(f"https://s3.{region}.{suffix}/bucket/key.tar.xz?X-Amz-")
    assert cloud.signature(url, region)


class TestOnAmazonLinux:
    """On Amazon Linux 2023 `python3` is 3.9, and newer versions have names of their own."""

    @pytest.fixture
    def old(self) -> str:
        """A Python that porter does not support."""
        found = starts("python3.9") or starts("python3.10")
        versions = Path.home() / ".pyenv/versions"
        found = found or next(map(str, versions.glob("3.9.*/bin/python3")), None)
        if not found:
            pytest.skip("this machine has no Python older than 3.11 to play Amazon Linux 2023's")
        return found

    def test_the_newest_python_runs_porter(self, host: Host, old: str, tmp_path: Path) -> None:
        """The bootstrap skips a version manager's shim that does not start."""
        programs = tmp_path / "bin"
        programs.mkdir()
        broken = programs / "python3.14"
        broken.write_text("#!/bin/sh\nexit 127\n")
        broken.chmod(0o755)
        (programs / "python3.13").symlink_to(sys.executable)
        done = host.boot(old, path=str(programs))
        assert done.returncode == 0, done.stderr
        assert host.applied()["version"] == list(sys.version_info[:2])

    def test_no_newer_python_is_reported(
        self, host: Host, cloud: Cloud, old: str, tmp_path: Path
    ) -> None:
        """Its package may have failed to install."""
        assert host.boot(old, path=str(tmp_path)).returncode == 1
        ((_, _, signal),) = cloud.signals
        assert "this host has no Python from 3.11 to 3.14" in signal["Reason"]

    def test_the_package_that_cloud_init_could_not_install_is_named_first(
        self, host: Host, cloud: Cloud, old: str, tmp_path: Path
    ) -> None:
        """The image's own logs, before this boot's first line, do not count."""
        begun = "Cloud-init v. 22.2.2 running 'init-local' at Mon, 30 Nov 2026. Up 3 seconds.\n"
        failed = "util.py[WARNING]: Failed to install packages: ['%s']\n"
        logs = host.root / "var/log"
        logs.mkdir(parents=True)
        (logs / "cloud-init.log").write_text(failed % "old" + begun + failed % "python3.19")
        error = "Error: Unable to find a match: python3.19\n"
        (logs / "cloud-init-output.log").write_text(f"E: old\n{begun}No match\n{error}{error}")
        assert host.boot(old, path=str(tmp_path)).returncode == 1
        ((_, _, signal),) = cloud.signals
        assert (
            "packages: cloud-init could not install python3.19: "
            "Error: Unable to find a match: python3.19 | "
            "this host has no Python from 3.11 to 3.14" in signal["Reason"]
        )
        (logs / "cloud-init.log").write_text(failed % "old" + begun)
        host.reboot()
        assert "packages" not in cloud.signals[-1][2]["Reason"], "that was an earlier boot"
