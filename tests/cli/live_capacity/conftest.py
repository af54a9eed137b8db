"""A group of the embedded AWS that was scaled by hand, and its app."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from porter import toolchain
from porter.aws.clients import Clients
from porter.cli.scaffold import create_app
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator

Run = Callable[..., subprocess.CompletedProcess[str]]
Deploy = Callable[..., tuple[list[str], str]]
Ready = Callable[..., Path]
Edit = Callable[[dict[str, Any]], object]

ACCOUNT = "123456789012"
REGION = "eu-west-1"
PARAMETER = "Hello:ServiceHostLiveCapacity31CF74BA"
GREW = "Hello/Service/Host: 3 hosts run now; a new group starts with 3\n"


def giving(size: str) -> list[str]:
    """Return the arguments that porter adds to `cdk deploy` for `size`."""
    return ["--parameters", f"{PARAMETER}={size}"]


@pytest.fixture(scope="module")
def cloud(emulator: Emulator) -> dict[str, str]:
    """Return the environment of a user of the embedded AWS."""
    return {
        "AWS_ENDPOINT_URL": emulator.endpoint,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_REGION": REGION,
        "CDK_VALIDATION": "false",
    }


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An app with one service of 1 to 5 hosts, and its assembly in `cdk.out`."""
    return synthesized(tmp_path_factory.mktemp("app"), lambda program: program)


def synthesized(folder: Path, edit: Callable[[str], str]) -> Path:
    """Return a new app below `folder`, 1 to 5 hosts, whose program `edit` edits; synthesize it."""
    app = folder / "hello"
    create_app(app)
    program = app / "app.py"
    text = program.read_text()
    larger = text.replace("health_check=", "max_capacity=5, health_check=")
    assert larger != text
    program.write_text(edit(larger))
    subprocess.run(
        toolchain.cdk("synth", "--quiet", "--no-notices"),
        cwd=app,
        env=toolchain.environment({**os.environ, "CDK_VALIDATION": "false"}),
        check=True,
        timeout=120,
    )
    return app


@pytest.fixture
def ready(app: Path, tmp_path: Path) -> Ready:
    """`ready(template=..., manifest=...)` returns a folder with the app's edited assembly."""

    def edited(template: Edit = id, manifest: Edit = id) -> Path:
        assembly = tmp_path / "cdk.out"
        shutil.copytree(app / "cdk.out", assembly)
        for name, edit in (("Hello.template.json", template), ("manifest.json", manifest)):
            content = json.loads((assembly / name).read_text())
            edit(content)
            (assembly / name).write_text(json.dumps(content))
        return tmp_path

    return edited


def group_in(template: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    [(name, group)] = [
        (name, resource)
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::AutoScaling::AutoScalingGroup"
    ]
    return name, group


@pytest.fixture(scope="module")
def deployed(emulator: Emulator, app: Path) -> Clients:
    """A stack with the app's group, scaled by hand from 1 to 3."""
    name, _ = group_in(json.loads((app / "cdk.out" / "Hello.template.json").read_text()))
    data = {"InstanceType": "t3.small"}
    template = {"Type": "AWS::EC2::LaunchTemplate", "Properties": {"LaunchTemplateData": data}}
    version = {"Fn::GetAtt": ["Template", "LatestVersionNumber"]}
    launched = {"LaunchTemplateId": {"Ref": "Template"}, "Version": version}
    sizes = {"MinSize": "1", "MaxSize": "5"}
    group = {
        "Type": "AWS::AutoScaling::AutoScalingGroup",
        "Properties": {**sizes, "LaunchTemplate": launched},
    }
    aws = account.clients(Environment(account=ACCOUNT, region=REGION), emulator.endpoint)
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


def arguments(node: Path) -> list[str]:
    return node.read_text().splitlines()[1:]


@pytest.fixture
def deploy(run: Run, app: Path, cloud: dict[str, str], fake_node: Path) -> Deploy:
    """`deploy(*arguments, cwd=, **environment)` returns cdk's arguments, and stderr.

    Only the arguments between `deploy` and `--app cdk.out` are returned.
    """

    def deploy_ready(*own: str, cwd: Path = app, **elsewhere: str) -> tuple[list[str], str]:
        ready = ("--app", "cdk.out", *own)
        done = run("deploy", *ready, cwd=cwd, env=cloud | elsewhere)
        assert done.returncode == 7, "cdk's exit code is porter's"
        first, *told = arguments(fake_node)
        assert (first, *told[-len(ready) :]) == ("deploy", *ready)
        return told[: -len(ready)], done.stderr

    return deploy_ready
