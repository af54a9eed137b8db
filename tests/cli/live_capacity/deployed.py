"""Deploy a ready assembly to the embedded AWS, and answer as its hosts would."""

import os
import subprocess
import sys
import time
from pathlib import Path

from porter.aws.clients import ERRORS, Clients
from porter.aws.wait_handle import Signal, send
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.emulator.lifecycle import Lifecycles

from .conftest import ACCOUNT, REGION

DEPLOY = ("deploy", "--app", "cdk.out", "--require-approval", "never")
SECONDS = 120


def deploy(app: Path, aws: Clients, cloud: dict[str, str], emulator: Emulator) -> str:
    """Deploy; put hosts in service, and signal SUCCESS for every expected one; return stderr."""
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
            fill(aws, emulator.lifecycles)
            for url in handles(aws):
                send(url, Signal("SUCCESS", unique_id="i-0", reason="healthy", data="hello"))
    finally:
        process.kill()
        _, said = process.communicate()
    assert process.returncode == 0, said
    return said


def fill(aws: Clients, lifecycles: Lifecycles) -> None:
    """Give each group as many instances as it desires, all in service."""
    for group in aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]:
        key = (ACCOUNT, REGION, group["AutoScalingGroupName"])
        there, desired = sorted(lifecycles.instances(key)), group["DesiredCapacity"]
        for number in range(len(there), desired):
            lifecycles.instance(key, f"i-{number}").launch()
        for one in there[desired:]:
            lifecycles.instance(key, one).end()


def handles(aws: Clients) -> list[str]:
    """Return the URLs to which hosts of the stacks, nested ones too, would signal."""
    cloudformation = aws["cloudformation"]
    try:
        found = [
            resource
            for stack in cloudformation.describe_stacks()["Stacks"]
            for resource in cloudformation.describe_stack_resources(StackName=stack["StackId"])[
                "StackResources"
            ]
        ]
    except ERRORS:
        return []
    kind = "AWS::CloudFormation::WaitConditionHandle"
    return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == kind]


def only_group(aws: Clients) -> tuple[str, int]:
    """Return the name and the size of the stack's only group."""
    [group] = aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
    return group["AutoScalingGroupName"], group["DesiredCapacity"]
