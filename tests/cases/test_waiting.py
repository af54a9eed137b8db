"""A custom resource that never answers, rehearsed by the command line."""

from __future__ import annotations

import pytest

from tests.harness.sandbox import Sandbox

APP = """\
import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from porter_cdk import HealthCheck, PorterService, Process
app = cdk.App()
stack = cdk.Stack(app, "Silent")
function = lambda_.Function(
    stack, "Provider",
    runtime=lambda_.Runtime.PYTHON_3_12,
    handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context):\\n    return {}"),
)
flavour = cdk.CustomResource(
    stack, "Flavour", service_token=function.function_arn, resource_type="Custom::Flavour"
)
service = PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
service.node.add_dependency(flavour)
app.synth()
"""


@pytest.mark.exhaustive
def test_when_the_time_is_up_the_reason_names_the_resource_that_waits(sandbox: Sandbox) -> None:
    app = sandbox.app("silent", app=APP)
    ended = sandbox.rehearse(app, "--json", "--timeout", "120")
    assert ended.code == 1
    assert "waiting for Flavour (Custom::Flavour) in Silent since" in ended.report["reason"]
    assert "waiting for Flavour (Custom::Flavour)" in ended.err
    assert ended.left.nothing, ended.left
