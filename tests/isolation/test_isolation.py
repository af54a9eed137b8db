"""A host needs only the bundle and the standard library; the bundle does not contain CDK."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from porter.bundle.build import build
from porter.unpack import unpack

HOST_SIDE = ["porter.spec", "porter.host", "porter.daemon", "porter.aws", "porter.cli.host"]
DEVELOPER_SIDE = {
    "aws_cdk",
    "constructs",
    "jsii",
    "porter_cdk",
    "porter.build",
    "porter.rehearsal",
    "porter.stacks",
}
AWS_SDK = {"boto3", "botocore", "s3transfer", "requests"}

PROGRAM = """
import importlib, json, pkgutil, sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), name + "."):
        importlib.import_module(module.name)
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps(files))
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of this source tree, unpacked."""
    folder = tmp_path_factory.mktemp("host")
    with tarfile.open(build(folder / "bundle.tar.xz")) as archive:
        unpack(archive, folder / "bundle")
    return folder / "bundle"


def imported(bundle: Path, *packages: str) -> dict[str, str | None]:
    """Return every module that importing `packages` loads, and its file."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROGRAM, str(bundle), *packages],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    modules: dict[str, str | None] = json.loads(done.stdout)
    modules.pop("__main__")
    return modules


@pytest.fixture(scope="module")
def host_side(bundle: Path) -> dict[str, str | None]:
    """Every module that importing the host side loads."""
    return imported(bundle, *HOST_SIDE)


def test_every_module_of_the_host_side_imports_from_the_bundle(
    bundle: Path, host_side: dict[str, str | None]
) -> None:
    ours = {name: file for name, file in host_side.items() if name.startswith("porter")}
    assert ours.keys() >= {"porter.host.apply", "porter.daemon.gate", "porter.spec.codec"}
    assert [name for name, file in ours.items() if not str(file).startswith(str(bundle))] == []


def test_every_other_module_is_in_the_bundle_or_the_standard_library(
    bundle: Path, host_side: dict[str, str | None]
) -> None:
    strangers = {
        name
        for name, file in host_side.items()
        if name.partition(".")[0] not in sys.stdlib_module_names
        and file is not None  # modules that other modules create, as six does
        and not name.startswith("_sysconfigdata_")  # the interpreter's own, which zoneinfo reads
        and not file.startswith(str(bundle))
    }
    assert strangers == set()


def test_the_host_side_loads_no_module_of_the_developers_side(
    host_side: dict[str, str | None],
) -> None:
    assert DEVELOPER_SIDE & host_side.keys() == set()


@pytest.mark.parametrize("package", ["porter.spec", "porter.host", "porter.daemon"])
def test_importing_it_does_not_load_the_aws_sdk(bundle: Path, package: str) -> None:
    """boto3 and one client need as much memory as the rest of porterd."""
    assert AWS_SDK & imported(bundle, package).keys() == set()


def test_the_spec_needs_only_the_standard_library(bundle: Path) -> None:
    modules = imported(bundle, "porter.spec")
    tops = {name.partition(".")[0] for name in modules}
    assert tops - sys.stdlib_module_names == {"porter"}


def test_the_aws_sdk_is_in_the_bundle_so_that_these_tests_can_fail(bundle: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    assert AWS_SDK & imported(bundle, "porter.aws.clients", "boto3.session").keys() >= {
        "boto3",
        "botocore",
    }
