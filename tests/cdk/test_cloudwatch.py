"""`CloudWatchAgent`: its specification on the host, and the permissions of the host's role."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3

from porter.spec import CloudWatch as SpecCloudWatch
from porter.spec import Deployment, HostSpec, SpecError, loads, resolve
from porter_cdk import CloudWatchAgent, HaproxyLog, Journal, Package, PorterHost


def stack_with(agent: CloudWatchAgent, stack: cdk.Stack | None = None) -> cdk.Stack:
    stack = stack or cdk.Stack(cdk.App(), "Hello")
    PorterHost(stack, "Host", cloudwatch=agent)
    return stack


def spec_of(stack: cdk.Stack, deployed_hosts: Any, unpacked: Any) -> SpecCloudWatch:
    (host,) = deployed_hosts(stack)
    deployment = loads(Deployment, host.deployment_json())
    payload = unpacked(host.fetch(deployment.payload))
    agent = resolve(loads(HostSpec, payload["host.json"]), deployment).cloudwatch
    assert agent
    return agent


def statements(stack: cdk.Stack, template_of: Any) -> dict[str, dict[str, Any]]:
    """Return the statements of the host's role, by their first action."""
    every = template_of(stack)["Resources"].values()
    documents = [
        r["Properties"]["PolicyDocument"] for r in every if r["Type"] == "AWS::IAM::Policy"
    ]
    found = [one for document in documents for one in document["Statement"]]
    return {(s["Action"] if isinstance(s["Action"], str) else s["Action"][0]): s for s in found}


def test_a_log_group_is_made_and_may_be_written_to(
    template_of: Any, deployed_hosts: Any, unpacked: Any
) -> None:
    stack = stack_with(CloudWatchAgent(logs=[Journal(), HaproxyLog()]))
    resources = template_of(stack)["Resources"]
    ((name, group),) = [
        (name, r) for name, r in resources.items() if r["Type"] == "AWS::Logs::LogGroup"
    ]
    assert group["Properties"]["RetentionInDays"] == 90
    policies = group["DeletionPolicy"], group["UpdateReplacePolicy"]
    assert policies == ("RetainExceptOnCreate", "Retain"), "a rolled back creation leaves none"
    statement = statements(stack, template_of)["logs:CreateLogStream"]
    ends = [arn["Fn::Join"][1][-2:] for arn in statement["Resource"]]
    assert ends == [[":log-group:", {"Ref": name}], [{"Ref": name}, ":*"]]
    found = spec_of(stack, deployed_hosts, unpacked)
    assert (found.log_group, found.logs) == (f"<{name}>", (Journal(), HaproxyLog()))


def test_an_existing_log_group_is_used(
    template_of: Any, deployed_hosts: Any, unpacked: Any
) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    group = logs.LogGroup.from_log_group_name(stack, "Group", "ours")
    stack_with(CloudWatchAgent(logs=[Journal()], log_group=group), stack)
    assert spec_of(stack, deployed_hosts, unpacked).log_group == "ours"
    resources = template_of(stack)["Resources"].values()
    assert "AWS::Logs::LogGroup" not in {r["Type"] for r in resources}


def test_metrics_go_to_one_namespace_alone(
    template_of: Any, deployed_hosts: Any, unpacked: Any
) -> None:
    agent = CloudWatchAgent(
        metrics=["mem_used_percent"], namespace="hello", interval=cdk.Duration.seconds(10)
    )
    stack = stack_with(agent)
    statement = statements(stack, template_of)["cloudwatch:PutMetricData"]
    assert statement["Condition"] == {"StringEquals": {"cloudwatch:namespace": "hello"}}
    assert spec_of(stack, deployed_hosts, unpacked) == SpecCloudWatch(
        metrics=("mem_used_percent",), namespace="hello", interval_seconds=10
    )


def test_the_agents_package_can_be_read_by_the_hosts_of_its_own_release(template_of: Any) -> None:
    """The role's own policy changes in place, before the new hosts exist (ADR 0024)."""
    stack = cdk.Stack(cdk.App(), "Hello")
    bucket = s3.Bucket.from_bucket_name(stack, "Packages", "packages")
    package = Package.from_s3(bucket, "agent.deb", sha256="c" * 64)
    stack_with(CloudWatchAgent(logs=[Journal()], package=package), stack)
    every = template_of(stack)["Resources"].values()
    found = [one["Properties"] for one in every if one["Type"] == "AWS::IAM::Policy"]
    (readers,) = [policy for policy in found if "s3:GetObject" in str(policy)]
    assert readers["PolicyName"].startswith("Assets-")
    (read, *_) = readers["PolicyDocument"]["Statement"]
    assert read["Resource"]["Fn::Join"][1][-1] == ":s3:::packages/agent.deb"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(
            {}, "logs: is empty, and so is metrics", id="arguments0-logs: or metrics are needed"
        ),
        ({"metrics": "mem_used_percent"}, "metrics: must be a list"),
        pytest.param(
            {"metrics": ["mem"]},
            "metrics/0: must be a metric that porter collects, got 'mem'",
            id="arguments2-metrics/0: is no metric that porter knows: 'mem'",
        ),
        pytest.param(
            {"logs": [Journal(), Journal()]},
            "logs/1: is listed twice",
            id="arguments3-logs/1: is there twice",
        ),
        pytest.param(
            {"metrics": ["mem_used_percent"], "namespace": "AWS/x"},
            "namespace: must not start with AWS/",
            id="arguments4-namespace: AWS/ is AWS's own",
        ),
        ({"metrics": ["mem_used_percent"], "interval": cdk.Duration.days(2)}, "interval_seconds"),
    ],
)
def test_nonsense_is_refused_with_its_place(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        CloudWatchAgent(**arguments)


def test_a_log_group_without_logs_is_refused() -> None:
    group = logs.LogGroup.from_log_group_name(cdk.Stack(), "Group", "ours")
    with pytest.raises(SpecError, match="log_group: has no effect without logs"):
        CloudWatchAgent(log_group=group, metrics=["mem_used_percent"])
