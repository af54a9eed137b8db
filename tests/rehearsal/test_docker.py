"""The program that the cdk CLI runs as Docker during a rehearsal."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.environment import app_environment
from tests.harness.sandbox import Sandbox

ECR = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
APP = """
import aws_cdk as cdk
from porter_cdk import Container, HealthCheck, PorterService

app = cdk.App()
PorterService(
    cdk.Stack(app, "Hello"), "Service", run=Container.from_asset("."), health_check=HealthCheck()
)
app.synth()
"""
REAL = """#!/bin/sh
echo "$@" >>{calls}
"""


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A file with the arguments of each call of the user's Docker, one call a line."""
    real = tmp_path / "podman"
    real.write_text(REAL.format(calls=tmp_path / "calls"))
    real.chmod(0o755)
    return tmp_path / "calls"


def docker(folder: Path, chosen: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Docker as the CLI runs it, in the CLI's environment."""
    base = {"PATH": "/usr/bin:/bin", "HOME": "/home/someone", "CDK_DOCKER": chosen}
    environment = app_environment(base, folder, "http://localhost:4566", Environment())
    return subprocess.run(
        [environment["CDK_DOCKER"], *arguments],
        env=environment,
        cwd=folder,
        input="password",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_images_are_tagged_and_pushed_on_loopback_only(tmp_path: Path, calls: Path) -> None:
    program = str(calls.with_name("podman"))
    for arguments in (("tag", "built", f"{ECR}/repository:1"), ("push", f"{ECR}/repository:1")):
        assert docker(tmp_path, program, *arguments).returncode == 0
    assert calls.read_text().splitlines() == [
        "tag built 127.0.0.1:4566/repository:1",
        "push 127.0.0.1:4566/repository:1",
        "rmi 127.0.0.1:4566/repository:1",
    ]


def test_a_built_image_has_a_name_that_no_deployment_uses(tmp_path: Path, calls: Path) -> None:
    """A deployment builds for the hosts' processor, a rehearsal for this machine's."""
    program = str(calls.with_name("podman"))
    for arguments in (
        ("inspect", "cdkasset-0a1b"),
        ("build", "--tag", "cdkasset-0a1b", "--platform", "linux/arm64", "."),
        ("tag", "cdkasset-0a1b", f"{ECR}/repository:0a1b"),
    ):
        assert docker(tmp_path, program, *arguments).returncode == 0
    assert calls.read_text().splitlines() == [
        "inspect porter-rehearsal-0a1b",
        "build --tag porter-rehearsal-0a1b .",
        "tag porter-rehearsal-0a1b 127.0.0.1:4566/repository:0a1b",
    ]


def test_a_push_to_a_real_registry_is_refused(tmp_path: Path, calls: Path) -> None:
    program = str(calls.with_name("podman"))
    for host in ("123456789012.dkr.ecr.eu-west-1.amazonaws.example", "registry.example"):
        refused = docker(tmp_path, program, "push", f"{host}/repository:1")
        assert refused.returncode == 1
        assert f"never pushes to a real registry: {host}/repository:1" in refused.stderr
    assert not calls.exists()


def test_the_users_registry_credentials_file_is_hidden_from_the_cli(tmp_path: Path) -> None:
    base = {"HOME": "/home/someone", "CDK_DOCKER_CREDS_FILE": "/home/someone/creds.json"}
    environment = app_environment(base, tmp_path, "http://localhost:4566", Environment())
    assert not Path(environment["CDK_DOCKER_CREDS_FILE"]).exists()
    assert environment["CDK_DOCKER_CREDS_FILE"].startswith(str(tmp_path))


def test_a_login_does_nothing_and_a_build_runs_the_users_docker(
    tmp_path: Path, calls: Path
) -> None:
    program = str(calls.with_name("podman"))
    login = ("login", "--username", "AWS", "--password-stdin", ECR)
    assert docker(tmp_path, program, *login).returncode == 0
    assert not calls.exists()
    cache = ("--cache-to", f"type=registry,ref={ECR}/cache")
    build = ("build", "--tag", "a", "--platform", "linux/s390x", *cache, ".")
    assert docker(tmp_path, program, *build).returncode == 0
    assert calls.read_text() == "build --tag a .\n"


def test_without_docker_a_rehearsal_says_what_needs_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DOCKER", "no-such-docker")
    app = sandbox.app("asset", app=APP)
    (app / "Dockerfile").write_text("FROM scratch\n")
    ended = sandbox.rehearse(app)
    assert ended.code == 1
    assert "no-such-docker is not installed: it builds the images of Container.from" in ended.err
    assert "CDK_DOCKER" in ended.err
    assert ended.left.nothing, ended.left
