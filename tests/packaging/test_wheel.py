"""The contents of the wheel, which is all that a newcomer needs."""

import json
import zipfile
from pathlib import Path

import pytest

from .conftest import User, files_below

TEMPLATE = {
    ".gitignore",
    "README.md",
    "app.py",
    "cdk.json",
    "requirements.lock",
    "requirements.txt",
    "service/main.py",
    "tests/conftest.py",
    "tests/test_app.py",
}


def test_the_wheel_has_the_template_without_files_of_earlier_runs(wheel: Path) -> None:
    prefix = "porter/app_template/"
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == TEMPLATE


def test_the_wheel_has_the_bundle_the_pipelines_and_the_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert names >= {
        "porter/bundle/bundle.tar.xz",
        "porter/cli/pipelines/github.yaml",
        "porter/cli/pipelines/gocd.yaml",
        "porter/py.typed",
        "porter_cdk/py.typed",
    }


def test_the_wheel_has_no_other_top_level_package(wheel: Path) -> None:
    """A package `constructs` would hide CDK's own."""
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.partition("/")[0] for name in names if not name.partition("/")[0].endswith("info")}
    assert top == {"porter", "porter_cdk"}


@pytest.mark.machines
def test_an_ordinary_user_installs_inits_and_rehearses(user: User, porter: Path) -> None:
    """The user needs no node, root or AWS account, and no network after the installation."""
    made = user.run(porter, "init", "hello", network=False)
    assert made.returncode == 0, made.stderr
    app = user.home / "hello"
    before = files_below(app)
    done = user.run(porter, "rehearse", "--json", cwd=app, network=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert (result["ok"], result["stack_status"]) == (True, "CREATE_COMPLETE")
    assert [signal["status"] for signal in result["signals"]] == ["SUCCESS"]
    assert files_below(app) == before, "a rehearsal leaves the app's folder as it was"
    assert user.processes() == []
    assert list((user.home / "tmp").iterdir()) == []


@pytest.mark.exhaustive
def test_the_new_apps_own_tests_pass_without_node(user: User, porter: Path) -> None:
    pip = porter.with_name("pip")
    assert user.run(pip, "install", "--quiet", "pytest").returncode == 0
    assert user.run(porter, "init", "tested").returncode == 0
    pytest_program = porter.with_name("pytest")
    done = user.run(pytest_program, "-q", cwd=user.home / "tested", network=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.exhaustive
def test_a_run_without_network_has_only_a_loopback_interface(user: User, porter: Path) -> None:
    """Otherwise the tests above might use the network."""
    code = "import socket; print([name for _, name in socket.if_nameindex()])"
    done = user.run(porter.with_name("python"), "-c", code, network=False)
    assert done.stdout.strip() == "['lo']"
