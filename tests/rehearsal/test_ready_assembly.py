"""`porter build && porter rehearse --app cdk.out`: the artifact that CI built is rehearsed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.harness.sandbox import Sandbox

APP = """\
import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stages = (("Dev", "111111111111", "eu-west-1"), ("Prod", "222222222222", "us-west-2"))
for _, account, region in stages:
    # Known, so that the build needs no credentials.
    app.node.set_context(
        f"availability-zones:account={account}:region={region}", [f"{region}a", f"{region}b"]
    )
    image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    app.node.set_context(
        f"ssm:account={account}:parameterName={image}:region={region}", "ami-0123456789abcdef0"
    )
run = Process(["python3", "main.py"], source="service", port=8000)
for name, account, region in stages:
    stage = cdk.Stage(app, name, env=cdk.Environment(account=account, region=region))
    stack = cdk.Stack(stage, app.node.try_get_context("name") or "Shop")
    PorterService(stack, "Service", run=run, health_check=HealthCheck("/health"))
    topic = sns.Topic(cdk.Stack(stage, "Base"), "Topic")
    cdk.CfnOutput(stack, "Alarms", value=topic.topic_name)
cdk.CfnResource(cdk.Stack(app, "Broken"), "Fails", type="Nobody::Knows::This")
app.synth()
"""


def _hashes(folder: Path) -> dict[Path, str]:
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _porter(app: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "porter", *arguments]
    environment = {**os.environ, "CDK_VALIDATION": "false", "AWS_EC2_METADATA_DISABLED": "true"}
    subprocess.run(command, cwd=app, env=environment, check=True, capture_output=True, timeout=120)


def test_selected_stacks_of_a_built_assembly_deploy_to_their_accounts_and_regions(
    sandbox: Sandbox,
) -> None:
    app = sandbox.app(app=APP)
    _porter(app, "build")
    before = _hashes(app)

    ended = sandbox.rehearse(app, "--app", "cdk.out", "--json", "*/Shop")

    assert ended.code == 0, (ended.out, ended.err)
    assert ended.report["stack_status"] == "CREATE_COMPLETE"
    signals = [signal["reason"].partition(" is healthy")[0] for signal in ended.report["signals"]]
    assert sorted(signals) == ["dev-shop-service", "prod-shop-service"]
    fetched = [one["host"] for one in ended.report["payloads"]]
    assert fetched == ["Dev/Shop/Service/Host", "Prod/Shop/Service/Host"]
    assert ended.left.nothing, ended.left
    assert _hashes(app) == before


def test_a_name_of_no_stack_is_answered_with_the_names_that_exist(sandbox: Sandbox) -> None:
    app = sandbox.app("selected", app=APP)
    ended = sandbox.rehearse(app, "-c", "name=Web", "Staging/*", "--exclusively")
    assert ended.code == 1
    assert "No stacks match the name(s) Staging/*" in ended.err
    assert "use one of: Dev/Web, Dev/Base, Prod/Web, Prod/Base, Broken" in ended.err
    assert ended.left.nothing, ended.left
