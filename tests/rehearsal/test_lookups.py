"""Lookups: the shapes of stand-ins, and what an app takes as existing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import cx_api

from porter.rehearsal.cloud import account, existing, from_context, lookups
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.cloud.existing import Existing

WHERE = Environment(account="123456789012", region="eu-west-1")
ASKED: dict[str, Any] = {"account": WHERE.account, "region": WHERE.region}


def stand_in(provider: str, **properties: Any) -> tuple[str, Any]:
    """Return the key and the stand-in for one lookup."""
    key = f"{provider}:account={WHERE.account}:x=1:region={WHERE.region}"
    missing = {"key": key, "provider": provider, "props": {**ASKED, **properties}}
    [(found, value)] = lookups.values([missing]).items()
    return found, value


def names(answer: type) -> set[str]:
    """Return the fields of a type of the CDK as JSON has them."""
    words = [name for name in vars(answer) if not name.startswith("_")]
    return {word.split("_")[0] + "".join(map(str.title, word.split("_")[1:])) for word in words}


@pytest.mark.parametrize(
    ("provider", "answer", "properties"),
    [
        ("vpc-provider", cx_api.VpcContextResponse, {"filter": {"tag:Name": "main"}}),
        ("security-group", cx_api.SecurityGroupContextResponse, {"securityGroupName": "web"}),
        ("load-balancer", cx_api.LoadBalancerContextResponse, {"loadBalancerType": "application"}),
        ("load-balancer-listener", cx_api.LoadBalancerListenerContextResponse, {}),
        ("key-provider", cx_api.KeyContextResponse, {"aliasName": "alias/a"}),
    ],
)
def test_a_stand_in_has_the_fields_that_the_cdk_reads(
    provider: str, answer: type, properties: dict[str, Any]
) -> None:
    assert set(stand_in(provider, **properties)[1]) <= names(answer)


def test_stand_ins_of_texts_and_lists() -> None:
    zones = ["eu-west-1a", "eu-west-1b"]
    assert stand_in("availability-zones")[1] == zones
    assert stand_in("endpoint-service-availability-zones", serviceName="s3")[1] == zones
    assert stand_in("ami", filters={})[1].startswith("ami-0")
    assert stand_in("ssm", parameterName="/net/vpc-id")[1].startswith("vpc-0")
    assert stand_in("ssm", parameterName="/app/mode")[1] == "stand-in-for-/app/mode"
    zone = stand_in("hosted-zone", domainName="example.com")[1]
    assert zone["Name"] == "example.com."
    [table] = stand_in("cc-api-provider", propertiesToReturn=["Arn"], exactIdentifier="a")[1]
    assert table == {"Arn": "stand-in-for-Arn", "Identifier": "a"}


def test_a_lookup_of_an_unknown_provider_stays_missing() -> None:
    missing = {"key": "plugin:a", "provider": "plugin", "props": {}}
    assert lookups.values([missing]) == {}


def test_ids_in_a_template_that_nothing_makes_are_taken_as_existing() -> None:
    vpc, subnet, zone = "vpc-0a1b2c3d4e5f60718", "subnet-0aaaaaaaaaaaaaaa1", "Z0123456789"
    listener = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/shop/1a/2b"
    alias = {"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": "x"}
    template = {
        "Resources": {
            "Group": {"Properties": {"VpcId": vpc, "Text": "use vpc-0a1b2c3d4e5f60719"}},
            "Hosts": {"Properties": {"VPCZoneIdentifier": [subnet, {"Ref": "Subnet"}]}},
            "Record": {"Properties": {"HostedZoneId": zone, "AliasTarget": alias}},
            "Rule": {"Properties": {"ListenerArn": listener}},
        }
    }
    found = existing.named(template, WHERE)
    assert {one.id: one.kind for one in found} == {
        vpc: "vpc",
        subnet: "subnet",
        zone: "hosted-zone",
        listener: "listener",
    }
    [placed] = [one for one in found if one.kind == "subnet"]
    assert placed.fields == {"vpc": vpc, "zone": "eu-west-1a", "cidr": "10.0.0.0/24"}


def test_roles_that_an_app_gives_permissions_are_taken_as_existing(emulator: Emulator) -> None:
    """`Role.from_role_arn`, and a grant to it, which is a policy with the role's name."""
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"Roles": ["deployer", {"Ref": "Own"}], "Users": ["ci"], "Groups": ["ops"]},
    }
    found = existing.named({"Resources": {"Policy": policy}}, WHERE)
    assert {(one.kind, one.id) for one in found} == {
        *(("role", "deployer"), ("user", "ci"), ("group", "ops"))
    }
    emulator.make([*found, *found])
    iam = account.clients(WHERE, emulator.endpoint)["iam"]
    assert iam.get_role(RoleName="deployer")
    assert iam.get_user(UserName="ci")
    assert iam.get_group(GroupName="ops")


def test_what_another_stack_makes_is_not_taken_as_existing() -> None:
    makes = {
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "deployer"}},
            "Mode": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/shop/mode"}},
        }
    }
    names = {
        "Parameters": {
            name: {"Type": "AWS::SSM::Parameter::Value<String>", "Default": f"/shop/{name}"}
            for name in ("mode", "size")
        },
        "Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": {"Roles": ["deployer"]}}},
    }
    found = existing.by_id([(WHERE, makes), (WHERE, names)])
    assert [one.id for one in found] == ["/shop/size"]


def test_what_imports_of_names_and_arns_need_exists(emulator: Emulator) -> None:
    """Subscriptions, event sources, filters and rules fail if what they name does not exist."""
    topic, queue, function = (
        f"arn:aws:{service}:eu-west-1:123456789012:{rest}"
        for service, rest in (
            ("sns", "alerts"),
            ("sqs", "orders.fifo"),
            ("lambda", "function:resize"),
        )
    )
    resources = {
        "A": {"Type": "AWS::SNS::Subscription", "Properties": {"TopicArn": topic}},
        "B": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": queue}},
        "C": {"Type": "AWS::Events::Rule", "Properties": {"Targets": [{"Arn": function}]}},
        "D": {"Type": "AWS::Events::Rule", "Properties": {"EventBusName": "shop"}},
        "E": {"Type": "AWS::Events::Rule", "Properties": {"EventBusName": "default"}},
        "F": {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": "/shop/web"}},
        "G": {"Type": "AWS::IAM::Policy", "Properties": {"Resource": f"{topic}-*"}},
    }
    found = existing.by_id([(Environment(), {"Resources": resources})])
    assert {one.id for one in found} == {topic, queue, function, "shop", "/shop/web"}
    emulator.make([*found, *found])
    aws = account.clients(WHERE, emulator.endpoint)
    assert aws["sns"].get_topic_attributes(TopicArn=topic)
    assert aws["sqs"].get_queue_url(QueueName="orders.fifo")
    assert aws["lambda"].get_function(FunctionName="resize")
    own = account.clients(Environment(), emulator.endpoint)
    groups = own["logs"].describe_log_groups(logGroupNamePrefix="/shop/web")["logGroups"]
    assert [one["logGroupName"] for one in groups] == ["/shop/web"]
    assert own["events"].describe_event_bus(Name="shop")
    makes = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "alerts"}}
    other = existing.by_id([(WHERE, {"Resources": {**resources, "Topic": makes}})])
    assert topic not in {one.id for one in other}


def test_secrets_and_parameters_that_a_role_may_read_have_stand_ins(emulator: Emulator) -> None:
    """`Secret.from_secrets_manager("shop/db", field="password")` names one that the account has."""
    at = "eu-west-1:123456789012"
    joined = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":ssm:x:parameter/token"]]}
    resources = [
        f"arn:aws:secretsmanager:{at}:secret:shop/db-??????",
        f"arn:aws:secretsmanager:{at}:secret:shop/key-AbCdEf",
        f"arn:aws:ssm:{at}:parameter/shop/flag",
        f"arn:aws:ssm:{at}:parameter/aws/service/ami",
        f"arn:aws:ssm:{at}:parameter/every/*",
        "arn:aws:s3:::shop-uploads/*",
        f"arn:aws:s3:::cdk-hnb659fds-assets-{WHERE.account}-{WHERE.region}/a.xz",
        joined,
    ]
    statement = {"Action": "*", "Resource": resources}
    policy = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyDocument": {"Statement": [statement]}},
    }
    found = existing.by_id([(WHERE, {"Resources": {"Policy": policy}})], ["password"])
    assert [(one.kind, one.id) for one in found] == [
        ("secret", "shop/db"),
        ("secret", resources[1]),
        ("parameter", "/shop/flag"),
        ("bucket", "shop-uploads"),
        ("parameter", "token"),
    ]
    emulator.make([*found, *found])
    aws = account.clients(WHERE, emulator.endpoint)
    secret = aws["secretsmanager"].get_secret_value(SecretId="shop/db")
    assert json.loads(secret["SecretString"]) == {"password": "stand-in-for-password"}
    assert aws["secretsmanager"].get_secret_value(SecretId=resources[1])["ARN"] == resources[1]
    assert aws["s3"].head_bucket(Bucket="shop-uploads")
    assert aws["ssm"].get_parameter(Name="token")["Parameter"]["Value"] == "stand-in-for-token"


def test_what_exists_has_its_ids_in_the_embedded_aws(emulator: Emulator) -> None:
    context = dict(
        [
            stand_in("vpc-provider", filter={"vpc-id": "vpc-0a1b2c3d4e5f60718"}),
            stand_in("hosted-zone", domainName="example.com"),
            stand_in("load-balancer", loadBalancerType="application"),
            stand_in("load-balancer-listener"),
        ]
    )
    parameter = Existing(kind="parameter", id="/a", environment=WHERE, fields={"value": "b"})
    found = [*from_context.known(context), parameter]
    emulator.make(found)
    emulator.make(found)  # what exists stays
    aws = account.clients(WHERE, emulator.endpoint)

    def ids(kind: str) -> list[str]:
        return [one.id for one in found if one.kind == kind]

    subnets = aws["ec2"].describe_subnets(SubnetIds=ids("subnet"))["Subnets"]
    assert {subnet["VpcId"] for subnet in subnets} == {"vpc-0a1b2c3d4e5f60718"}
    tables = aws["ec2"].describe_route_tables(RouteTableIds=ids("route-table"))["RouteTables"]
    assert all(table["Associations"] for table in tables)
    groups = aws["ec2"].describe_security_groups(GroupIds=ids("security-group"))["SecurityGroups"]
    assert [one["GroupId"] for one in groups] == ids("security-group") != []
    assert aws["route53"].get_hosted_zone(Id=ids("hosted-zone")[0])
    assert aws["ssm"].get_parameter(Name="/a")["Parameter"]["Value"] == "b"
    balancing = aws["elbv2"]
    arns = ids("load-balancer")
    found_balancers = balancing.describe_load_balancers(LoadBalancerArns=arns)["LoadBalancers"]
    assert [one["LoadBalancerArn"] for one in found_balancers] == arns != []
    assert balancing.describe_listeners(ListenerArns=ids("listener"))["Listeners"]
    assert not emulator.inert()


def test_lookups_of_the_cdks_own_stand_ins_are_not_listed() -> None:
    """It asks for them while an earlier lookup has no value (aws-cdk-lib, `dummyValue`)."""
    keys = [
        "security-group:account=1:securityGroupName=web:vpcId=vpc-12345",
        "vpc-provider:account=1:filter.vpc-id=vpc-12345:region=x",
        "security-group:account=1:region=x:securityGroupId=sg-1234",
        "security-group:account=1:region=x:securityGroupId=sg-123456789012",
        "ssm:account=1:parameterName=/aws/service/ami:region=x",
        "security-group:account=1:region=x:securityGroupId=sg-1234567890",
    ]
    assert lookups.of_the_account(keys) == (keys[-1],)
