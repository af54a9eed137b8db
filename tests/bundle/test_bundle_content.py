"""The bundle is one tree of pure Python that runs porter in any folder."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath

import pytest

from porter.bundle.trim import SERVICES

ALONE = "import sys; sys.path.insert(0, sys.argv[1]); "
"""The start of a program that can import only the standard library and the bundle."""


def run_alone(unpacked: Path, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", ALONE + program, str(unpacked)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_gnu_tar_and_python_read_the_same(bundle: Path) -> None:
    listed = subprocess.run(
        ["tar", "-tJf", str(bundle)], capture_output=True, text=True, timeout=60, check=True
    )
    assert listed.stderr == ""
    with tarfile.open(bundle, "r:xz") as archive:
        names = [name.name + "/" * name.isdir() for name in archive]
    assert listed.stdout.split("\n")[:-1] == names


def test_every_member_is_anonymous_and_readable(bundle: Path) -> None:
    with tarfile.open(bundle) as archive:
        for member in archive:
            assert member.isfile() or member.isdir()
            assert member.mode == (0o755 if member.isdir() else 0o644)
            assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
            assert member.mtime == 315_532_800
            assert not PurePosixPath(member.name).is_absolute()


def test_nothing_in_it_belongs_to_one_machine(unpacked: Path) -> None:
    """The bundle has no compiled code and no trace of its builder."""
    unwanted = {"RECORD", "INSTALLER", "WHEEL", "direct_url.json", "bin", "tests", "__pycache__"}
    paths = [path for path in unpacked.rglob("*") if "porter" not in path.parts[-3:]]
    assert len(paths) > 300
    assert [path for path in paths if path.suffix in {".so", ".pyc", ".pyi", ".c"}] == []
    assert [path for path in paths if path.name in unwanted] == []


def test_every_dependency_keeps_its_licence_and_its_metadata(unpacked: Path) -> None:
    packages = list(unpacked.glob("*.dist-info"))
    assert len(packages) > 10
    for package in packages:
        names = [path.name.upper() for path in package.rglob("*")]
        assert "METADATA" in names
        assert any(name.startswith(("LICENSE", "LICENCE", "COPYING")) for name in names), package


def test_only_the_host_side_of_porter_is_in_it(unpacked: Path) -> None:
    names = {path.name for path in (unpacked / "porter").iterdir()}
    assert names == {
        "__init__.py",
        "errors.py",
        "unpack.py",
        "aws",
        "cli",
        "daemon",
        "host",
        "spec",
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_client_of_each_service_can_be_made(unpacked: Path, service: str) -> None:
    program = (
        "import boto3; "
        f"client = boto3.client({service!r}, region_name='eu-west-1', "
        "aws_access_key_id='x', aws_secret_access_key='x'); "
        "print(boto3.__file__, len(client.meta.service_model.operation_names))"
    )
    file, operations = run_alone(unpacked, program).split()
    assert file.startswith(str(unpacked))
    assert int(operations) >= 5


def test_an_object_can_be_asked_for(unpacked: Path) -> None:
    """Only S3 has client parameters whose documentation botocore needs."""
    program = (
        "import boto3; "
        "client = boto3.client('s3', region_name='eu-west-1', aws_access_key_id='x', "
        "aws_secret_access_key='x', endpoint_url='http://127.0.0.1:9'); "
        "client.meta.events.register('before-send', lambda **_: sys.exit(print('asked'))); "
        "client.get_object(Bucket='bucket', Key='key')"
    )
    assert run_alone(unpacked, program).split() == ["asked"]


def test_a_member_that_is_called_documentation_survives(unpacked: Path) -> None:
    """Only strings of that name are documentation."""
    model = json.loads((unpacked / "botocore/data/sts/2011-06-15/service-2.json").read_text())
    assert "documentation" not in model
    assert model["shapes"]["AssumeRoleRequest"]["members"]["RoleArn"] == {"shape": "arnType"}


def test_flask_and_gunicorn_load_and_know_their_versions(unpacked: Path) -> None:
    program = (
        "import flask, gunicorn.app.base, markupsafe, importlib.metadata as m; "
        "print(m.version('flask'), m.version('gunicorn'), markupsafe.escape('<'))"
    )
    assert run_alone(unpacked, program).split()[-1] == "&lt;"


def test_the_folder_is_the_program(unpacked: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", str(unpacked), "host", "apply", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "porter host apply --dry-run" in done.stdout


def test_a_bundle_that_does_not_load_says_so_by_its_exit_code(tmp_path: Path) -> None:
    entry = Path(__file__).parents[2] / "porter/bundle/entry.py"
    (tmp_path / "__main__.py").write_bytes(entry.read_bytes())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(tmp_path), "host", "apply"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 70
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'porter'"
