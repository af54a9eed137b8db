"""Deployments of a ready assembly: as many new hosts start as served before."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from porter.aws.clients import ERRORS, Clients
from porter.aws.wait_handle import Signal, send
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment, read_assembly
from porter.rehearsal.cloud.emulator import Emulator

from .conftest import ACCOUNT, GREW, REGION, Run, scale

HOME = Environment(account=ACCOUNT, region=REGION)
DEPLOY = ("deploy", "--app", "cdk.out", "--require-approval", "never")
SECONDS = 120


@pytest.fixture
def aws(emulator: Emulator, app: Path) -> Clients:
    account.bootstrap(read_assembly(app / "cdk.out", HOME), emulator.endpoint)
    return account.clients(HOME, emulator.endpoint)


def deploy(app: Path, aws: Clients, cloud: dict[str, str]) -> str:
    """Deploy, and signal SUCCESS for every expected host; return stderr."""
    quicker = Path(account.__file__).with_name("cli_preload.cjs")
    process = subprocess.Popen(
        [sys.executable, "-m", "porter", *DEPLOY],
        cwd=app,
        env={**os.environ, **cloud, "HOME": str(app), "NODE_OPTIONS": f"--require={quicker}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
            for url in handles(aws):
                send(url, Signal("SUCCESS", unique_id="i-0", reason="healthy", data="hello"))
    finally:
        process.kill()
        _, said = process.communicate()
    assert process.returncode == 0, said
    return said


def handles(aws: Clients) -> list[str]:
    """Return the URLs to which hosts of the stack would signal."""
    try:
        found = aws["cloudformation"].describe_stack_resources(StackName="Hello")["StackResources"]
    except ERRORS:
        return []
    kind = "AWS::CloudFormation::WaitConditionHandle"
    return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == kind]


def only_group(aws: Clients) -> tuple[str, int]:
    """Return the name and the size of the stack's only group."""
    [group] = aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
    return group["AutoScalingGroupName"], group["DesiredCapacity"]


@pytest.mark.argument("PorterHost(max_capacity=...)", "the group grows beyond its minimum")
def test_a_release_starts_as_many_hosts_as_ran_before(
    run: Run, app: Path, aws: Clients, cloud: dict[str, str], tmp_path: Path
) -> None:
    """A deployment of the same release changes neither the group nor its size."""
    own = tmp_path / "hello"
    shutil.copytree(app, own)
    deploy(own, aws, cloud)
    first, size = only_group(aws)
    assert size == 1

    scale(aws, 3)
    assert deploy(own, aws, cloud).startswith(GREW)
    assert only_group(aws) == (first, 3)

    (own / "service" / "more").touch()
    assert run("build", cwd=own, env={"CDK_VALIDATION": "false"}).returncode == 0
    deploy(own, aws, cloud)
    second, size = only_group(aws)
    assert second != first
    assert size == 3
