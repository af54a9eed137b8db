"""`porter deploy` prints the launches that EC2 refuses, as they fail and at the end."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.emulator.activities import ScalingActivity, refused
from tests.harness.traces import until

from .conftest import ACCOUNT, REGION, Ready, group_in

COMMAND = [sys.executable, "-m", "porter", "deploy", "--app", "cdk.out"]
KNOWN_WITHIN = 60
"""Seconds from the activity to its line: the promise of porter."""

QUOTA = (
    "You have requested more vCPU capacity than your current vCPU limit of 32 allows for the "
    "instance bucket that the specified instance type belongs to. Please visit "
    "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit."
)
KEY = (
    "Instance became unhealthy while waiting for instance to be in InService state. "
    "Termination Reason: Client.InternalError: Client error on launch"
)
CDK = """\
#!/bin/sh
[ "$1" = --version ] && {{ echo v22.0.0; exit; }}
echo "cdk runs" >&2
for try in $(seq 1200); do [ -e {go} ] && break; sleep 0.1; done
echo "Hello failed: WaitCondition timed out" >&2
exit 1
"""


@pytest.fixture
def group(deployed: Clients) -> str:
    """The name of the deployed group."""
    groups = deployed["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
    [name] = {one["AutoScalingGroupName"] for one in groups if one["DesiredCapacity"] == 3}
    return str(name)


@pytest.fixture
def nested(deployed: Clients) -> str:
    """The name of a group in the stack that is nested in the stack `Outer`."""
    data = {"InstanceType": "t3.small"}
    template = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}}
    version = {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}
    launched = {"LaunchTemplateId": {"Ref": "Template"}, "Version": version}
    properties = {"MinSize": "1", "MaxSize": "1", "LaunchTemplate": launched}
    group = {"Type": "AWS::AutoScaling::AutoScalingGroup", "Properties": properties}
    body = json.dumps({"Resources": {"Template": template, "Group": group}})
    deployed["s3"].create_bucket(
        Bucket="inner", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    deployed["s3"].put_object(Bucket="inner", Key="template.json", Body=body.encode())
    url = f"https://s3.{REGION}.amazonaws.com/inner/template.json"
    inner = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
    aws = deployed["cloudformation"]
    aws.create_stack(StackName="Outer", TemplateBody=json.dumps({"Resources": {"Inner": inner}}))
    aws.get_waiter("stack_create_complete").wait(
        StackName="Outer", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    stack = aws.describe_stack_resource(StackName="Outer", LogicalResourceId="Inner")
    found = aws.describe_stack_resource(
        StackName=stack["StackResourceDetail"]["PhysicalResourceId"], LogicalResourceId="Group"
    )
    name: str = found["StackResourceDetail"]["PhysicalResourceId"]
    return name


@contextmanager
def deploying(app: Path, cloud: dict[str, str], node: Path) -> Iterator[subprocess.Popen[str]]:
    """A `porter deploy` whose cdk fails once the file `go` exists beside `node`."""
    node.write_text(CDK.format(go=node.with_name("go")))
    process = subprocess.Popen(
        COMMAND,
        cwd=app,
        env=os.environ | cloud,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    leash = threading.Timer(120, process.kill)
    leash.start()
    try:
        with process:
            yield process
    finally:
        leash.cancel()


def test_refused_launches_are_known_in_a_minute_and_repeated_beside_the_stacks_reason(
    app: Path, cloud: dict[str, str], fake_node: Path, emulator: Emulator, group: str
) -> None:
    """Auto Scaling tries again and again; a refusal from before the deployment is not shown."""
    home = ACCOUNT, REGION, group
    emulator.record(refused(*home, "The security group 'sg-old' does not exist."))
    said: list[tuple[float, str]] = []
    with deploying(app, cloud, fake_node.parent / "node") as process:
        assert process.stderr
        reader = threading.Thread(
            target=lambda stderr: said.extend((time.monotonic(), line) for line in stderr),
            args=(process.stderr,),
        )
        reader.start()
        until(lambda: "cdk runs\n" in [line for _, line in said], 60)
        began = time.monotonic()
        while not (known := [at for at, line in said if "vCPU" in line]):
            emulator.record(refused(*home, QUOTA))
            time.sleep(1)
        emulator.record(refused(*home, QUOTA))
        emulator.record(
            ScalingActivity(
                account=ACCOUNT,
                region=REGION,
                scaling_group=group,
                description=f"Launching a new EC2 instance: i-1.  Status Reason: {KEY}",
                status="Cancelled",
                message=KEY,
            )
        )
        (fake_node.parent / "go").touch()
        reader.join()
    lines = [line.rstrip("\n") for _, line in said]
    quota, key = f"{QUOTA} Launching EC2 instance failed.", KEY
    assert known[0] - began < KNOWN_WITHIN
    failed = lines.index("Hello failed: WaitCondition timed out")
    assert lines[failed - 2 : failed] == [
        f"{group}: a launch failed: {quota}",
        "  cure: ask Service Quotas for more vCPUs, or use a smaller instance_type",
    ]
    *late, repeated, _ = lines[failed + 1 :]
    assert late == [
        f"{group}: a launch failed: {key}",
        "  cure: allow Auto Scaling's service-linked role to use the KMS key of the volumes",
    ]
    assert re.fullmatch(rf"{group}: \d+ launches failed: {re.escape(quota)}", repeated)
    assert lines[-1] == f"{group}: a launch failed: {key}"
    assert "sg-old" not in "".join(lines)
    assert process.returncode == 1


def test_the_groups_of_nested_stacks_are_watched(
    ready: Ready, cloud: dict[str, str], fake_node: Path, emulator: Emulator, nested: str
) -> None:
    def outer(template: dict[str, Any]) -> None:
        name, _ = group_in(template)
        template["Resources"] = {name: {"Type": "AWS::CloudFormation::Stack"}}

    def renamed(manifest: dict[str, Any]) -> None:
        manifest["artifacts"]["Hello"]["properties"]["stackName"] = "Outer"

    with deploying(ready(outer, renamed), cloud, fake_node.parent / "node") as process:
        assert process.stderr
        said = iter(process.stderr)
        assert "cdk runs\n" in said
        known = threading.Event()

        def record() -> None:
            while not known.wait(1):
                emulator.record(refused(ACCOUNT, REGION, nested, QUOTA))

        threading.Thread(target=record).start()
        try:
            first = next((line for line in said if "vCPU" in line), "")
        finally:
            known.set()
        assert first.startswith(f"{nested}: a launch failed: {QUOTA}")
        (fake_node.parent / "go").touch()
        *_, last = said
    assert last.startswith(f"{nested}: ")
