"""Every host has a table of leases, in which hosts agree who runs a job and who is replaced."""

from typing import Any

import aws_cdk as cdk
import pytest

from porter_cdk import Alarms, Job, PorterHost, PorterService, Process

import aws_cdk.aws_sns as sns  # isort: skip  (after porter_cdk, which chooses the node)

TABLE = "AWS::DynamoDB::Table"
HIDDEN = "LaunchTemplateData.MetadataOptions.InstanceMetadataTags"


def jobs(source: Any) -> dict[str, Job]:
    return {"report": Job(["true"], source=source, schedule="daily")}


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: one for name, one in template["Resources"].items() if one["Type"] == kind}


def statements(template: dict[str, Any], policy: str) -> list[dict[str, Any]]:
    """Return the statements of the policies whose logical ids contain `policy`."""
    found = of_type(template, "AWS::IAM::Policy").items()
    documents = [one["Properties"]["PolicyDocument"] for name, one in found if policy in name]
    return [statement for document in documents for statement in document["Statement"]]


def names_in_user_data(template: dict[str, Any]) -> list[str]:
    """Return the logical ids that user data refers to, in order, of Base64 values alone."""
    (template_,) = of_type(template, "AWS::EC2::LaunchTemplate").values()
    parts = template_["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]["Fn::Join"][1]
    values = [part["Fn::Base64"] for part in parts if "Fn::Base64" in part]
    return [value["Ref"] for value in values if "Ref" in value]


def test_a_service_without_jobs_has_a_table_that_costs_nothing_while_nobody_is_ill(
    template: dict[str, Any],
) -> None:
    ((name, table),) = of_type(template, TABLE).items()
    assert table == {
        "Type": TABLE,
        "Properties": {
            "AttributeDefinitions": [{"AttributeName": "job", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "job", "KeyType": "HASH"}],
        },
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
    }
    assert names_in_user_data(template) == [name]


def test_jobs_and_replacements_share_one_table(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    service = PorterService(stack, "Service", run=run, jobs=jobs(run.source))
    template = template_of(stack)
    assert list(of_type(template, TABLE)) == names_in_user_data(template)
    assert stack.resolve(service.host.lease_table.table_name) == {
        "Ref": names_in_user_data(template)[0]
    }


def test_only_hosts_with_jobs_may_send_events(
    stack: cdk.Stack, run: Process, template: dict[str, Any], template_of: Any
) -> None:
    PorterService(stack, "Service", run=run, jobs=jobs(run.source))
    (sending,) = statements(template_of(stack), "RoleDefaultPolicy")
    assert sending["Action"] == "events:PutEvents"
    assert sending["Condition"] == {"ForAllValues:StringEquals": {"events:source": "porter"}}
    assert "events:PutEvents" not in str(template)


def test_without_jobs_no_rule_waits_for_their_failures(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    service = PorterService(stack, "Service", run=run, alarms=Alarms(sns.Topic(stack, "Topic")))
    assert service.failed_jobs is None
    assert of_type(template_of(stack), "AWS::Events::Rule") == {}


def test_each_of_two_hosts_in_a_stack_may_use_its_own_table_only(
    stack: cdk.Stack, template_of: Any
) -> None:
    """A group whose hosts are ill does not keep the other group from replacing its own."""
    PorterHost(stack, "One")
    PorterHost(stack, "Two")
    template = template_of(stack)
    tables = list(of_type(template, TABLE))
    assert len(tables) == 2
    for host in ("One", "Two"):
        (table,) = [name for name in tables if name.startswith(host)]
        (leases,) = [
            one
            for one in statements(template, f"{host}AssetPolicy")
            if one["Action"] == ["dynamodb:GetItem", "dynamodb:PutItem"]
        ]
        assert leases["Effect"] == "Allow"
        assert leases["Resource"] == {"Fn::GetAtt": [table, "Arn"]}
        assert "Condition" not in leases


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("timeout", [cdk.Duration.minutes(15), cdk.Duration.hours(2)])
def test_hosts_of_every_group_may_ask_for_their_replacement(
    stack: cdk.Stack, template_of: Any, timeout: cdk.Duration, *, hidden: bool
) -> None:
    """A worker has no load balancer that would find it unhealthy. The group's tag narrows it."""
    host = PorterHost(stack, "Host", timeout=timeout)
    if hidden:
        host.launch_template.add_property_override(HIDDEN, "disabled")
    template = template_of(stack)
    (replacing,) = [
        one
        for one in statements(template, "AssetPolicy")
        if "autoscaling:SetInstanceHealth" in one["Action"]
    ]
    tag = "aws:ResourceTag/aws:cloudformation:stack-id"
    assert replacing["Condition"] == {"StringEquals": {tag: {"Ref": "AWS::StackId"}}}
    assert replacing["Resource"] == "*"
    assert len(of_type(template, TABLE)) == 1
