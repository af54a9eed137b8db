"""Libraries of a requirements file, or of a package-lock.json, fit the hosts, not this machine."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import zipfile
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2

from porter import toolchain
from porter.spec import HostSpec, SpecError, loads
from porter_cdk import Build, PorterService, Process
from tests.cdk.conftest import deployed_hosts, unpacked

ARM = ec2.InstanceType("t4g.small")
REQUIREMENTS = """\
--no-index
--find-links wheels
-r more.txt
hello==1.0
"""
MORE = 'old==1.0 ; python_version < "3.13"\nnew==1.0 ; python_version >= "3.13"\n'


pytestmark = pytest.mark.usefixtures("build_cache")


def wheel(folder: Path, name: str, tag: str) -> None:
    """Write a wheel whose only module says for which tag it was made."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": f"TAG = {tag!r}\n\ndef main():\n    print(TAG)\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {tag}\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-1.0-{tag}.whl", "w") as archive:
        record = f"{info}/RECORD,,\n"
        for path, content in files.items():
            archive.writestr(path, content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content.encode()).digest())
            record += f"{path},sha256={digest.decode().rstrip('=')},{len(content)}\n"
        archive.writestr(f"{info}/RECORD", record)


@pytest.fixture
def flask(tmp_path: Path) -> Path:
    """A service with requirements, whose wheels are files beside them."""
    folder = tmp_path / "service"
    folder.mkdir()
    (folder / "requirements.txt").write_text(REQUIREMENTS)
    (folder / "more.txt").write_text(MORE)
    for processor in ("x86_64", "aarch64"):
        for python in ("cp311", "cp313"):
            wheel(folder / "wheels", "hello", f"{python}-{python}-manylinux_2_28_{processor}")
    for name in ("old", "new"):
        wheel(folder / "wheels", name, "py3-none-any")
    return folder


def service(folder: Path, build: Build, **properties: object) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    run = Process(["python3", "main.py"], source=folder, port=8000, build=build, exclude=["wheels"])
    PorterService(stack, "Service", run=run, **properties)  # type: ignore[arg-type]
    return stack


def payload_of(stack: cdk.Stack) -> dict[str, bytes]:
    [host] = deployed_hosts(stack)
    for file in host.assets.values():
        if "host.json" in (files := unpacked(file.read_bytes())):
            return files
    raise AssertionError


def tag(stack: cdk.Stack) -> str:
    return payload_of(stack)["workloads/web/vendor/hello.py"].decode().split("'")[1]


def test_wheels_are_for_the_hosts_processor_and_python(flask: Path) -> None:
    build = Build.from_requirements()
    assert tag(service(flask, build)) == "cp311-cp311-manylinux_2_28_x86_64"
    other = service(flask, build, instance_type=ARM, python="3.13")
    assert tag(other) == "cp313-cp313-manylinux_2_28_aarch64"


def test_markers_ask_for_the_hosts_python_and_not_for_the_running_one(flask: Path) -> None:
    files = payload_of(service(flask, Build.from_requirements(), python="3.13")).keys()
    assert {"workloads/web/vendor/new.py"} <= files
    assert "workloads/web/vendor/old.py" not in files


def test_the_program_finds_its_libraries_behind_its_own_path(flask: Path) -> None:
    build = Build.from_requirements()
    run = Process(["a"], source=flask, build=build, environment={"PYTHONPATH": "src"})
    from porter_cdk.tokens import DeployTimeValues  # noqa: PLC0415

    assert run.workload("web", DeployTimeValues()).environment == {"PYTHONPATH": "src:vendor"}
    spec = loads(HostSpec, payload_of(service(flask, build))["host.json"])
    assert spec.workloads[0].environment == {"PYTHONPATH": "vendor"}


def test_nothing_in_the_payload_names_this_machine(flask: Path, tmp_path: Path) -> None:
    files = payload_of(service(flask, Build.from_requirements()))
    assert files["workloads/web/vendor/bin/hello"].startswith(b"#!/usr/bin/env python3\n")
    assert not any(name.endswith(("RECORD", "INSTALLER", "direct_url.json")) for name in files)
    for path in (sys.executable, str(tmp_path)):
        assert not any(path.encode() in content for content in files.values())


@pytest.mark.argument(
    "Build.from_requirements(file=...)", effect="its libraries are in `vendor`, on `$PYTHONPATH`"
)
def test_another_requirements_file_can_be_named(flask: Path) -> None:
    (flask / "more.txt").write_text("--no-index\n-f wheels\nold\n")
    files = payload_of(service(flask, Build.from_requirements("more.txt")))
    assert "workloads/web/vendor/old.py" in files
    assert "workloads/web/vendor/hello.py" not in files


def test_a_library_without_a_wheel_is_named_with_the_cure(flask: Path) -> None:
    with pytest.raises(SpecError, match=r"workloads/0/build: hello has no wheel for") as error:
        service(flask, Build.from_requirements(), python="3.12")
    assert "Python 3.12 on x86_64" in error.value.what
    assert "choose a version of hello with such a wheel" in error.value.cure


def test_a_library_in_source_form_is_named_too(flask: Path) -> None:
    """Its compiled parts would fit this machine."""
    (flask / "mine").mkdir()
    (flask / "mine" / "pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1.0"\n')
    (flask / "more.txt").write_text("./mine\n")
    with pytest.raises(SpecError, match=r"workloads/0/build: mine has no wheel for Python 3.11"):
        service(flask, Build.from_requirements())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("-r ../base.txt", "build/requirements: names '../base.txt'"),
        ("-c lost.txt", "build/requirements: names 'lost.txt'"),
        ("./lost.whl", "build/requirements: names './lost.whl'"),
    ],
)
def test_requirements_outside_of_the_source_are_refused(
    line: str, message: str, flask: Path
) -> None:
    (flask / "more.txt").write_text(f"{line}\n")
    with pytest.raises(SpecError, match=message):
        service(flask, Build.from_requirements())


def test_packages_alone_leave_the_python_unknown(flask: Path) -> None:
    with pytest.raises(SpecError, match=r"build/python: the Python of the hosts is unknown"):
        service(flask, Build.from_requirements(), packages=["git"])


@pytest.fixture
def express(tmp_path: Path) -> Path:
    """A service with a lock file, whose packages are folders beside it."""
    folder = tmp_path / "node"
    for name, more in (("hi", {}), ("test-tool", {})):
        (folder / "packages" / name).mkdir(parents=True)
        manifest = {"name": name, "version": "1.0.0", **more}
        (folder / "packages" / name / "package.json").write_text(json.dumps(manifest))
        (folder / "packages" / name / "index.js").write_text(f"module.exports = '{name}'")
    top = {
        "name": "hello",
        "version": "1.0.0",
        "dependencies": {"hi": "file:packages/hi"},
        "devDependencies": {"test-tool": "file:packages/test-tool"},
    }
    packages: dict[str, object] = {"": top}
    for name, dev in (("hi", {}), ("test-tool", {"dev": True})):
        packages[f"packages/{name}"] = {"version": "1.0.0", **dev}
        packages[f"node_modules/{name}"] = {"resolved": f"packages/{name}", "link": True, **dev}
    lock = {"name": "hello", "version": "1.0.0", "lockfileVersion": 3, "packages": packages}
    (folder / "package.json").write_text(json.dumps(top))
    (folder / "package-lock.json").write_text(json.dumps(lock))
    (folder / "main.js").write_text("require('hi')")
    return folder


@pytest.mark.argument("Build.from_package_lock()", effect="`node_modules`, without development's")
def test_npm_installs_what_production_needs(express: Path) -> None:
    (express / "node_modules").mkdir()
    (express / "node_modules" / "mine.js").write_text("of the developer")
    stack = service(express, Build.from_package_lock(), packages=["nodejs"])
    files = payload_of(stack).keys()
    assert {"workloads/web/main.js", "workloads/web/packages/hi/index.js"} <= files
    assert not any("mine.js" in name or ".package-lock.json" in name for name in files)
    [made] = (Path(os.environ["XDG_CACHE_HOME"]) / "porter").rglob("node_modules")
    assert [one.name for one in made.iterdir()] == ["hi"]


def test_a_folder_without_a_lock_file_is_refused_with_the_cure(flask: Path) -> None:
    with pytest.raises(SpecError, match=r"build/source: there is no package.json") as error:
        service(flask, Build.from_package_lock())
    assert "npm install --package-lock-only" in error.value.cure


def test_commands_find_an_npm_that_works(express: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package that brings node has a broken `npm` beside it, which cdk's PATH begins with."""
    monkeypatch.setenv("PATH", f"{toolchain.node().parent}{os.pathsep}{os.defpath}")
    build = Build.from_commands(
        [["sh", "-ec", "npm --version > version; npx --version >> version"]]
    )
    found = payload_of(service(express, build))["workloads/web/version"].split()
    assert len(found) == 2
    assert service(express, Build.from_package_lock())
