"""The parts of the embedded AWS that porter adds to ministack."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from porter.aws.clients import Clients
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.emulator.activities import refused as refusal
from porter.rehearsal.fleet.credentials import RoleCredentials

ODD = "/health?a=1&b=<2>&lt;"
"""A text that XML must escape."""

TEMPLATE: dict[str, Any] = {
    "Resources": {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.9.0.0/16"}},
        "Group": {
            "Type": "AWS::EC2::SecurityGroup",
            "Properties": {"GroupDescription": "x", "VpcId": {"Ref": "Vpc"}},
        },
        "Rule": {
            "Type": "AWS::EC2::SecurityGroupIngress",
            "Properties": {
                "GroupId": {"Ref": "Group"},
                "IpProtocol": "tcp",
                "FromPort": 80,
                "ToPort": 80,
                "CidrIp": {"Fn::GetAtt": ["Vpc", "CidrBlock"]},
            },
        },
        "Targets": {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "Properties": {
                "Port": 80,
                "Protocol": "HTTP",
                "VpcId": {"Ref": "Vpc"},
                "HealthCheckPath": ODD,
                "Tags": [{"Key": "path", "Value": ODD}],
            },
        },
        "Template": {
            "Type": "AWS::EC2::LaunchTemplate",
            "Properties": {"LaunchTemplateData": {"InstanceType": "t3.small"}},
        },
        "Hosts": {
            "Type": "AWS::AutoScaling::AutoScalingGroup",
            "Properties": {
                "MinSize": "1",
                "MaxSize": "1",
                "LaunchTemplate": {
                    "LaunchTemplateId": {"Ref": "Template"},
                    "Version": {"Fn::GetAtt": ["Template", "LatestVersionNumber"]},
                },
                "TargetGroupARNs": [{"Ref": "Targets"}],
                "Tags": [{"Key": "path", "Value": ODD, "PropagateAtLaunch": True}],
            },
        },
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Secret": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {"Name": "any", "GenerateSecretString": {}},
        },
        "Plain": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {
                "Name": "plain",
                "GenerateSecretString": {"ExcludePunctuation": True, "PasswordLength": 400},
            },
        },
    },
    "Outputs": {
        "Cidr": {"Value": {"Fn::GetAtt": ["Vpc", "CidrBlock"]}},
        "Handle": {"Value": {"Ref": "Handle"}},
        "Targets": {"Value": {"Ref": "Targets"}},
    },
}


@pytest.fixture(scope="module")
def outputs(aws: Clients) -> dict[str, str]:
    """The outputs of a stack with every resource that porter adds."""
    cloudformation = aws["cloudformation"]
    cloudformation.create_stack(StackName="Gaps", TemplateBody=json.dumps(TEMPLATE))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="Gaps", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    [stack] = cloudformation.describe_stacks(StackName="Gaps")["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def test_security_group_rules_and_the_cidr_block_of_a_vpc_are_created(
    outputs: dict[str, str],
) -> None:
    assert outputs["Cidr"] == "10.9.0.0/16"


@pytest.mark.usefixtures("outputs")
def test_the_launches_of_a_group_are_listed_the_newest_first_and_after_its_deletion(
    aws: Clients, emulator: Emulator
) -> None:
    """Auto Scaling API Reference, "DescribeScalingActivities"."""
    scaling = aws["autoscaling"]
    [group] = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    there = group["AutoScalingGroupName"]
    for name, region, word in (
        (there, aws.region, "a < b & c"),
        (there, aws.region, "second"),
        (there, "us-east-1", "elsewhere"),
        ("gone", aws.region, "third"),
    ):
        emulator.record(refusal("123456789012", region, name, word))

    def words(**options: Any) -> list[str]:
        found = scaling.describe_scaling_activities(**options)["Activities"]
        return [
            one["StatusMessage"].removesuffix(" Launching EC2 instance failed.") for one in found
        ]

    assert words() == words(AutoScalingGroupName=there) == ["second", "a < b & c"]
    assert words(AutoScalingGroupName=there, MaxRecords=1) == ["second"]
    assert words(IncludeDeletedGroups=True) == ["third", "second", "a < b & c"]
    [gone] = scaling.describe_scaling_activities(
        AutoScalingGroupName="gone", IncludeDeletedGroups=True
    )["Activities"]
    assert (gone["StatusCode"], gone["AutoScalingGroupState"]) == ("Failed", "Deleted")
    with pytest.raises(ClientError, match=r"ValidationError.*not found"):
        scaling.describe_scaling_activities(AutoScalingGroupName="never")


@pytest.mark.usefixtures("outputs")
def test_a_generated_secret_has_the_length_and_characters_of_its_template(aws: Clients) -> None:
    values = {
        name: aws["secretsmanager"].get_secret_value(SecretId=name)["SecretString"]
        for name in ("any", "plain")
    }
    assert {name: len(value) for name, value in values.items()} == {"any": 32, "plain": 400}
    assert values["plain"].isalnum()


def test_an_auto_scaling_group_names_its_target_groups(
    aws: Clients, outputs: dict[str, str]
) -> None:
    [group] = aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
    assert group["TargetGroupARNs"] == [outputs["Targets"]]


def test_texts_arrive_whatever_xml_thinks_of_them(aws: Clients, outputs: dict[str, str]) -> None:
    [targets] = aws["elbv2"].describe_target_groups()["TargetGroups"]
    assert targets["HealthCheckPath"] == ODD
    [tagged] = aws["elbv2"].describe_tags(ResourceArns=[outputs["Targets"]])["TagDescriptions"]
    [group] = aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
    for one in (tagged, group):
        assert ODD in [tag["Value"] for tag in one["Tags"]]


def test_the_texts_of_a_rule_arrive_as_they_were_sent(aws: Clients) -> None:
    """AWS accepts `&` in the patterns of paths; a text that looks escaped is a text, too."""
    balancing, odd = aws["elbv2"], "/a&b&amp;c"
    [balancer] = balancing.create_load_balancer(Name="texts", Type="network")["LoadBalancers"]
    [listener] = balancing.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        DefaultActions=[
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}},
        ],
    )["Listeners"]
    endpoints = ("Issuer", "AuthorizationEndpoint", "TokenEndpoint", "UserInfoEndpoint")
    sign_in = dict.fromkeys(endpoints, f"https://example.com{odd}")
    sign_in |= {"ClientId": odd, "Scope": odd, "SessionCookieName": odd}
    redirect = {"Host": odd, "Path": odd, "Query": odd, "StatusCode": "HTTP_301"}
    header = {"HttpHeaderName": "X-Version", "Values": [odd]}
    balancing.create_rule(
        ListenerArn=listener["ListenerArn"],
        Priority=1,
        Conditions=[
            {"Field": "path-pattern", "Values": [odd, "/*"]},
            {"Field": "http-header", "HttpHeaderConfig": header},
        ],
        Actions=[
            {
                "Type": "authenticate-oidc",
                "AuthenticateOidcConfig": {**sign_in, "ClientSecret": "s"},
            },
            {"Type": "redirect", "RedirectConfig": redirect},
        ],
    )
    rules = balancing.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
    [rule] = [one for one in rules if one["Priority"] == "1"]
    balancing.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    [path, version] = rule["Conditions"]
    assert path["Values"] == path["PathPatternConfig"]["Values"] == [odd, "/*"]
    assert version["HttpHeaderConfig"] == header
    [oidc, redirected] = rule["Actions"]
    assert oidc["AuthenticateOidcConfig"].items() >= sign_in.items()
    assert redirected["RedirectConfig"].items() >= redirect.items()


@pytest.mark.usefixtures("outputs")
def test_the_texts_of_a_scaling_policy_arrive_as_they_were_sent(aws: Clients) -> None:
    scaling, odd = aws["autoscaling"], "a&b&amp;c"
    [group] = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    name = {"AutoScalingGroupName": group["AutoScalingGroupName"], "PolicyName": "texts"}
    metric = {
        "MetricName": "Queue",
        "Namespace": "Hello",
        "Statistic": "Sum",
        "Dimensions": [{"Name": "QueueName", "Value": odd}],
    }
    scaling.put_scaling_policy(
        **name,
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={"CustomizedMetricSpecification": metric, "TargetValue": 9.0},
    )
    [policy] = scaling.describe_policies(
        AutoScalingGroupName=name["AutoScalingGroupName"], PolicyNames=["texts"]
    )["ScalingPolicies"]
    scaling.delete_policy(**name)
    tracked = policy["TargetTrackingConfiguration"]["CustomizedMetricSpecification"]
    assert tracked["Dimensions"] == metric["Dimensions"]


def test_a_signal_that_is_sent_twice_counts_once(
    emulator: Emulator, outputs: dict[str, str]
) -> None:
    body = {"Status": "SUCCESS", "UniqueId": "i-1", "Reason": "well", "Data": ""}
    for _ in range(2):
        request = urllib.request.Request(
            outputs["Handle"], json.dumps(body).encode(), {"Content-Type": ""}, method="PUT"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200
    [signal] = emulator.signals()
    assert (signal.status, signal.unique_id, signal.reason) == ("SUCCESS", "i-1", "well")


def test_the_signing_access_key_is_the_account_number(aws: Clients) -> None:
    assert aws["sts"].get_caller_identity()["Account"] == "123456789012"


def host_with(aws: Clients, emulator: Emulator, name: str, *statements: Any) -> Clients:
    """Return AWS for a host with the new role `name`, which may do what `statements` say."""
    trusted = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}
    trust = {"Version": "2012-10-17", "Statement": [{**trusted, "Action": "sts:AssumeRole"}]}
    role = aws["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    aws["iam"].put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    given = RoleCredentials(aws, role["Role"]["Arn"], "i-1")()
    return Clients(
        region="eu-west-1",
        access_key=given["AccessKeyId"],
        secret_key=given["SecretAccessKey"],
        session_token=given["Token"],
        endpoint=emulator.endpoint,
    )


def test_the_registry_answers_by_address_and_has_only_pushed_images(
    aws: Clients, emulator: Emulator
) -> None:
    ecr = aws["ecr"]
    ecr.create_repository(repositoryName="images-123456789012")
    with pytest.raises(ecr.exceptions.ImageNotFoundException):
        ecr.describe_images(repositoryName="images-123456789012", imageIds=[{"imageTag": "one"}])
    url = f"{emulator.endpoint.replace('localhost', '127.0.0.1')}/v2/images-123456789012/blobs"
    request = urllib.request.Request(f"{url}/uploads/", b"", method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 202


def test_a_role_may_do_only_what_its_policies_allow(aws: Clients, emulator: Emulator) -> None:
    read = {
        "Effect": "Allow",
        "Action": "ssm:GetParameter",
        "Resource": "arn:aws:ssm:eu-west-1:123456789012:parameter/mine",
    }
    host = host_with(aws, emulator, "Host", read)
    for name in ("/mine", "/other"):
        aws["ssm"].put_parameter(Name=name, Value=name, Type="String")
    for allowed in ("/mine", "/mine:1"):
        assert host["ssm"].get_parameter(Name=allowed)["Parameter"]["Value"] == "/mine"
    for refused in ("/other", "/other:1", "/mine/1"):
        with pytest.raises(ClientError, match="AccessDenied"):
            host["ssm"].get_parameter(Name=refused)
    with pytest.raises(ClientError, match="AccessDenied"):
        host["s3"].list_buckets()


def test_a_policy_limits_metrics_to_its_namespace(aws: Clients, emulator: Emulator) -> None:
    allowed = {
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "hello"}},
    }
    host = host_with(aws, emulator, "Measuring", allowed)["cloudwatch"]
    metric = [{"MetricName": "one", "Value": 1.0}]
    host.put_metric_data(Namespace="hello", MetricData=metric)
    with pytest.raises(ClientError, match="AccessDenied"):
        host.put_metric_data(Namespace="other", MetricData=metric)


def test_a_policy_limits_events_to_its_source(aws: Clients, emulator: Emulator) -> None:
    allowed = {
        "Effect": "Allow",
        "Action": "events:PutEvents",
        "Resource": "*",
        "Condition": {"ForAllValues:StringEquals": {"events:source": "porter"}},
    }
    host = host_with(aws, emulator, "Telling", allowed)["events"]
    event = {"Source": "porter", "DetailType": "x", "Detail": "{}"}
    assert host.put_events(Entries=[event])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        host.put_events(Entries=[event, {**event, "Source": "other"}])


def test_a_target_group_belongs_to_one_load_balancer(aws: Clients) -> None:
    """A load balancer that is replaced comes before the end of the old one."""

    def template(scheme: str) -> str:
        balancer = "AWS::ElasticLoadBalancingV2"
        forward = {"Type": "forward", "TargetGroupArn": {"Ref": "Targets"}}
        resources: dict[str, Any] = {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.8.0.0/16"}},
            "Targets": {
                "Type": f"{balancer}::TargetGroup",
                "Properties": {"Port": 80, "Protocol": "HTTP", "VpcId": {"Ref": "Vpc"}},
            },
            "Balancer": {"Type": f"{balancer}::LoadBalancer", "Properties": {"Scheme": scheme}},
            "Listener": {
                "Type": f"{balancer}::Listener",
                "Properties": {
                    "LoadBalancerArn": {"Ref": "Balancer"},
                    "Port": 80,
                    "Protocol": "HTTP",
                    "DefaultActions": [forward],
                },
            },
        }
        return json.dumps({"Resources": resources})

    cloudformation, name = aws["cloudformation"], {"StackName": "Attached"}
    patience = {"Delay": 0.1, "MaxAttempts": 100}
    cloudformation.create_stack(**name, TemplateBody=template("internet-facing"))
    cloudformation.get_waiter("stack_create_complete").wait(**name, WaiterConfig=patience)
    cloudformation.update_stack(**name, TemplateBody=template("internal"))
    cloudformation.get_waiter("stack_rollback_complete").wait(**name, WaiterConfig=patience)
    events = cloudformation.describe_stack_events(**name)["StackEvents"]
    [reason] = [e["ResourceStatusReason"] for e in events if e["ResourceStatus"] == "UPDATE_FAILED"]
    assert "cannot be associated with more than one load balancer" in reason
    [balancer] = aws["elbv2"].describe_load_balancers()["LoadBalancers"]
    assert balancer["Scheme"] == "internet-facing"
    cloudformation.delete_stack(**name)
