"""Test the CloudFormation template of the app, without an AWS account."""

import json
import runpy
from pathlib import Path

import pytest
from aws_cdk.assertions import Match, Template

APP = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def template() -> Template:
    """Synthesize the stack once for all tests: synthesis takes a second."""
    monkeypatch = pytest.MonkeyPatch()
    with monkeypatch.context() as context:
        context.chdir(APP)
        stack = runpy.run_path("app.py")["stack"]
        return Template.from_stack(stack)


def test_the_stack_waits_until_its_host_says_it_is_healthy(template: Template) -> None:
    template.resource_count_is("AWS::CloudFormation::WaitCondition", 1)


def test_the_load_balancer_uses_the_health_check(template: Template) -> None:
    template.has_resource_properties(
        "AWS::ElasticLoadBalancingV2::TargetGroup", {"HealthCheckPath": "/health"}
    )


def test_hosts_require_metadata_version_2(template: Template) -> None:
    options = Match.object_like({"HttpTokens": "required"})
    data = Match.object_like({"MetadataOptions": options})
    template.has_resource_properties("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": data})


def test_the_template_contains_no_secret(template: Template) -> None:
    assert "aws_secret_access_key" not in json.dumps(template.to_json()).lower()
