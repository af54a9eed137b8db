"""Custom resources in the embedded AWS: their functions run, or are answered for."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.existing import Existing
from porter.rehearsal.story.waiting import Waiting, waiting_for
from tests.rehearsal.stacks import Resources, Stacks

ROLE: Resources = {
    "Type": "AWS::IAM::Role",
    "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}},
}
ANSWERS = """
import json, urllib.request
def handler(event, context):
    answer = {"Status": "SUCCESS", "PhysicalResourceId": "mine", "Data": {"Said": "python"}}
    urllib.request.urlopen(urllib.request.Request(
        event["ResponseURL"], json.dumps(answer).encode(), method="PUT"))
"""
NODE_ANSWERS = """
const https = require("https");
exports.handler = (event) => new Promise((done) => {
  const answer = { Status: "SUCCESS", PhysicalResourceId: "n", Data: { Said: "node" } };
  const body = JSON.stringify(answer);
  const url = new URL(event.ResponseURL);
  const options = { hostname: url.hostname, port: 443, path: url.pathname, method: "PUT",
    headers: { "content-length": body.length } };
  const request = https.request(options, done);
  request.write(body);
  request.end();
});
"""
SHARED = "arn:aws:lambda:eu-west-1:123456789012:function:shared"
NEEDS_SDK = 'require("@aws-sdk/client-s3"); exports.handler = async () => {};'
RAISES = "def handler(event, context):\n    raise ValueError('no such flavour')\n"
RETURNS = "def handler(event, context):\n    return {'Data': {'Said': 'f'}}\n"


def function(code: str, runtime: str, **environment: Any) -> Resources:
    """Return a function with its code in the template."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Runtime": runtime,
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": code},
            "Environment": {"Variables": environment},
        },
    }


def custom(function: str) -> Resources:
    """Return a custom resource that the function answers."""
    return {
        "Type": "Custom::Flavour",
        "Properties": {"ServiceToken": {"Fn::GetAtt": [function, "Arn"]}, "Kind": "sweet"},
    }


SHOWS = """
import os
def handler(event, context):
    return {"Data": {"Names": ",".join(os.environ), "Home": os.environ["HOME"]}}
"""


def test_functions_of_custom_resources_run_and_answer(stacks: Stacks) -> None:
    outputs = stacks.create(
        "Custom",
        {
            "Role": ROLE,
            "Python": function(ANSWERS, "python3.12"),
            "A": custom("Python"),
            "Node": function(NODE_ANSWERS, "nodejs22.x"),
            "B": custom("Node"),
            "User": function(RETURNS, "python3.12"),
            "Framework": function(
                NEEDS_SDK,
                "nodejs22.x",
                USER_ON_EVENT_FUNCTION_ARN={"Fn::GetAtt": ["User", "Arn"]},
            ),
            "C": custom("Framework"),
        },
        {name: {"Fn::GetAtt": [name, "Said"]} for name in "ABC"},
    )
    assert outputs == {"A": "python", "B": "node", "C": "f"}
    assert not stacks.inert("Custom")


def test_a_function_has_no_variable_and_no_home_of_the_user(stacks: Stacks) -> None:
    """On AWS it has neither: a token in a shell must not reach a function of a rehearsal."""
    outputs = stacks.create(
        "Scrubbed",
        {
            "Role": ROLE,
            "User": function(SHOWS, "python3.12"),
            "Framework": function(
                NEEDS_SDK, "nodejs22.x", USER_ON_EVENT_FUNCTION_ARN={"Fn::GetAtt": ["User", "Arn"]}
            ),
            "A": custom("Framework"),
        },
        {name: {"Fn::GetAtt": ["A", name]} for name in ("Names", "Home")},
    )
    users = {name for name in os.environ if name.startswith("PYTEST_")}
    assert users
    assert not users & {*outputs["Names"].split(",")}
    assert not os.environ["HOME"].startswith(outputs["Home"])
    assert not outputs["Home"].startswith(os.environ["HOME"] + "/")


def test_a_function_that_cannot_run_here_is_answered_at_once_and_listed(stacks: Stacks) -> None:
    where = Environment(account="123456789012", region="eu-west-1")
    stacks.emulator.make([Existing(kind="function", id=SHARED, environment=where)])
    outputs = stacks.create(
        "Answered",
        {
            "Role": ROLE,
            "Node": function(NEEDS_SDK, "nodejs22.x"),
            "Sdk": custom("Node"),
            "Java": function("", "java21"),
            "Runtime": custom("Java"),
            "Outside": {"Type": "Custom::Shared", "Properties": {"ServiceToken": SHARED}},
        },
        {"A": {"Fn::GetAtt": ["Sdk", "Kind"]}, "B": {"Fn::GetAtt": ["Runtime", "Other"]}},
    )
    assert outputs == {"A": "sweet", "B": "Runtime-Other"}
    why = stacks.inert("Answered")
    assert why["Sdk"].endswith("needs the AWS SDK for JavaScript")
    assert why["Runtime"].endswith("runtime java21 does not run here")
    assert why["Outside"].endswith("exists outside of the app")


def test_a_reference_between_regions_is_written_and_read(stacks: Stacks) -> None:
    """`Stack(cross_region_references=True)`, whose functions need the AWS SDK."""
    name = "/cdk/exports/Web/Cert"
    token = {"Fn::GetAtt": ["Node", "Arn"]}
    writer = {"region": "eu-west-1", "exports": {name: "arn:cert"}}
    reader = {"region": "eu-west-1", "imports": {name: f"{{{{resolve:ssm:{name}}}}}"}}
    resources: Resources = {
        "Role": ROLE,
        "Node": function(NEEDS_SDK, "nodejs22.x"),
        "Writer": {
            "Type": "Custom::CrossRegionExportWriter",
            "Properties": {"ServiceToken": token, "WriterProps": writer},
        },
    }
    stacks.create("Edge", resources)
    resources.pop("Writer")
    resources["Reader"] = {
        "Type": "Custom::CrossRegionExportReader",
        "Properties": {"ServiceToken": token, "ReaderProps": reader},
    }
    outputs = stacks.create("Web", resources, {"Cert": {"Fn::GetAtt": ["Reader", name]}})
    assert outputs == {"Cert": "arn:cert"}
    assert not stacks.inert("Edge")
    assert not stacks.inert("Web")


def test_references_between_regions_change_and_end_as_the_cdks_function_does(
    stacks: Stacks,
) -> None:
    """aws-cdk-lib, cross-region-ssm-writer-handler: a name that stays keeps its value."""
    cloudformation = stacks.aws["cloudformation"]
    there = account.clients(
        Environment(account="123456789012", region="us-east-1"), stacks.emulator.endpoint
    )["ssm"]

    def resources(**exports: str) -> Resources:
        writer = {"region": "us-east-1", "exports": {f"/cdk/{k}": v for k, v in exports.items()}}
        return {
            "Role": ROLE,
            "Node": function(NEEDS_SDK, "nodejs22.x"),
            "Writer": {
                "Type": "Custom::CrossRegionExportWriter",
                "Properties": {
                    "ServiceToken": {"Fn::GetAtt": ["Node", "Arn"]},
                    "WriterProps": writer,
                },
            },
        }

    def values() -> dict[str, str]:
        found = there.get_parameters(Names=["/cdk/stays", "/cdk/gone", "/cdk/new"])["Parameters"]
        return {one["Name"]: one["Value"] for one in found}

    stacks.create("Changes", resources(stays="1", gone="1"))
    assert values() == {"/cdk/stays": "1", "/cdk/gone": "1"}
    cloudformation.update_stack(
        StackName="Changes",
        TemplateBody=json.dumps({"Resources": resources(stays="2", new="2")}),
        Capabilities=["CAPABILITY_IAM"],
    )
    limits = {"Delay": 0.2, "MaxAttempts": 300}
    cloudformation.get_waiter("stack_update_complete").wait(
        StackName="Changes", WaiterConfig=limits
    )
    assert values() == {"/cdk/stays": "1", "/cdk/new": "2"}
    cloudformation.delete_stack(StackName="Changes")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="Changes", WaiterConfig=limits
    )
    assert values() == {}


def test_a_function_of_the_framework_that_returns_no_object_fails_the_stack(stacks: Stacks) -> None:
    resources = {
        "Role": ROLE,
        "User": function("def handler(event, context):\n    return 'done'\n", "python3.12"),
        "Framework": function(
            NEEDS_SDK, "nodejs22.x", USER_ON_EVENT_FUNCTION_ARN={"Fn::GetAtt": ["User", "Arn"]}
        ),
        "A": custom("Framework"),
    }
    assert "it returned 'done', which is no object" in stacks.failure("Words", resources, {})


def test_a_function_that_raises_fails_the_stack_with_its_error(stacks: Stacks) -> None:
    resources = {"Role": ROLE, "Python": function(RAISES, "python3.12"), "A": custom("Python")}
    assert "no such flavour" in stacks.failure("Raises", resources, {})


def test_a_resource_that_keeps_a_stack_waiting_is_named_with_since_when(stacks: Stacks) -> None:
    """A function that returns without an answer keeps CloudFormation waiting, here as on AWS."""
    resources = {"Role": ROLE, "Python": function(RETURNS, "python3.12"), "A": custom("Python")}
    stacks.aws["cloudformation"].create_stack(
        StackName="Waits",
        TemplateBody=json.dumps({"Resources": resources}),
        Capabilities=["CAPABILITY_IAM"],
    )
    found: list[Waiting] = []
    end = time.monotonic() + 60
    while time.monotonic() < end and not any(one.type == "Custom::Flavour" for one in found):
        time.sleep(0.5)
        found = waiting_for([(stacks.aws, "Waits")], hosts=True)
    [waiting] = found
    assert waiting.logical_id == "A"
    assert waiting.sentence(waiting.since + 34.2) == (
        "waiting for A (Custom::Flavour) in Waits since 34 s"
    )
    assert waiting_for([(stacks.aws, "Raises"), (stacks.aws, "None")], hosts=False) == []
