"""Packages of Amazon Linux on machines that have Debian's, or none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from porter.rehearsal.fleet.host import Host
from porter.rehearsal.machines.packages import on_debian
from porter.rehearsal.machines.played.machine import ProcessMachine
from porter.rehearsal.machines.played.machines import ProcessMachines
from porter.rehearsal.story.not_installed import explanation
from porter.spec import HostSpec

from .conftest import launch


def user_data(*packages: str) -> bytes:
    """Return user data that installs `packages`."""
    return b"#cloud-config\n" + json.dumps({"packages": packages, "runcmd": []}).encode()


@pytest.mark.parametrize(
    ("amazon", "debian"),
    [
        ("nodejs20", "nodejs"),
        ("nodejs22-npm", "npm"),
        ("java-21-amazon-corretto-headless", "default-jre-headless"),
        ("postgresql16", "postgresql-client"),
        ("postgresql16-server", "postgresql"),
        ("gcc-c++", "g++"),
        ("python3.12-pip", "python3-pip"),
    ],
)
def test_a_package_of_amazon_linux_becomes_debians_and_the_report_says_so(
    amazon: str, debian: str
) -> None:
    changed, lines = on_debian(launch(user_data("git", amazon)), "python3.11")
    assert changed.packages == ("git", debian)
    assert lines == [f"packages: {debian} is installed here for {amazon}"]


def test_packages_that_debian_has_and_others_stay_as_they_are() -> None:
    """An unknown one fails as on EC2: cloud-init names it."""
    wanted = launch(user_data("git", "nodejs", "no-such-package", "python3.11"))
    assert on_debian(wanted, "python3.11") == (wanted, [])


def test_the_images_python_plays_another_version() -> None:
    changed, lines = on_debian(launch(user_data("python3.12")), "python3.11")
    assert changed.packages == ()
    assert lines == ["python3 is python3.11 here, and python3.12 on hosts that have this package"]


def test_a_played_machine_lists_what_it_does_not_install(tmp_path: Path) -> None:
    machines = ProcessMachines()
    machines.machine(launch(user_data("python3.11", "nodejs20", "git")), tmp_path)
    said = [line for line in machines.limits if line.startswith("packages:")]
    assert said == [
        "packages: not installed here, this computer's programs stand in: nodejs20, git"
    ]


def test_the_reason_of_a_missing_program_names_the_packages(tmp_path: Path) -> None:
    machine = ProcessMachine(launch(user_data("nodejs20", "git")), tmp_path)
    spec = HostSpec(schema=1, service="hello", timeout_seconds=900)
    host = Host(
        instance_id="i-0", machine=machine, spec=spec, ports={}, packages=("nodejs20", "git")
    )
    said = explanation("cannot execute node: node is not installed", [host])
    assert said == (
        ". This rehearsal installs no packages, and hosts have nodejs20 (nodejs on Debian), git. "
        "Install node on this computer, or rehearse with --machine systemd"
    )
    assert explanation("exit code 1", [host]) == ""
