"""Make resources with ids that are given, which no API of AWS does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from porter.rehearsal.cloud.emulator.asgi import App, Receive, Scope, Send, answer, wrap

PATH = "/_porter/existing"
"""PUT a JSON list: each with `kind`, `id`, `account`, `region` and `fields` (see `Existing`)."""

EXISTING = "porter:existing"
"""The key of a tag on a VPC that was made in this way: its routes are not known."""

Modules = Mapping[str, ModuleType]
Fields = Mapping[str, str]
Store = MutableMapping[str, Any]

_VPC = "vpc-00000001"
"""ministack's default VPC."""


def make_given(modules: Modules) -> None:
    """Let this process make what a PUT to `PATH` lists, unless it exists."""
    requests = modules["requests"]
    made: set[tuple[str, ...]] = set()

    def make(wanted: list[dict[str, Any]]) -> None:
        for one in wanted:
            key = tuple(one[part] for part in ("kind", "id", "account", "region"))
            if key in made:  # a later version of the app must find what is in it
                continue
            made.add(key)
            requests.set_request_account_id(one["account"])
            requests.set_request_region(one["region"])
            _MAKERS[one["kind"]](modules, one["id"], one["fields"])

    def with_given(app: App) -> App:
        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("path") != PATH:
                await app(scope, receive, send)
                return
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            make(json.loads(body))
            await answer(send, 200, b"", b"text/plain")

        return serve

    wrap(with_given)


def _create(modules: Modules, type_name: str, properties: Mapping[str, Any]) -> str:
    handler = modules["provisioners"]._RESOURCE_HANDLERS[f"AWS::{type_name}"]  # noqa: SLF001
    made: str = handler["create"]("Existing", properties, "")[0]
    return made


def _rename(store: Store, old: str, new: str, key: str) -> None:
    store[new] = {**store.pop(old), key: new}


def _vpc(modules: Modules, wanted: str, fields: Fields) -> None:
    ec2 = modules["ec2"]
    if wanted in ec2._vpcs:  # noqa: SLF001
        return
    made = _create(modules, "EC2::VPC", {"CidrBlock": fields.get("cidr", "10.0.0.0/16")})
    _rename(ec2._vpcs, made, wanted, "VpcId")  # noqa: SLF001
    ec2._tags[wanted] = [{"Key": EXISTING, "Value": "yes"}]  # noqa: SLF001
    for store in (ec2._network_acls, ec2._route_tables, ec2._security_groups):  # noqa: SLF001
        for record in store.values():
            if record["VpcId"] == made:
                record["VpcId"] = wanted


def _subnet(modules: Modules, wanted: str, fields: Fields) -> None:
    ec2 = modules["ec2"]
    if wanted in ec2._subnets:  # noqa: SLF001
        return
    properties = {"VpcId": fields.get("vpc", _VPC), "CidrBlock": fields["cidr"]}
    properties["AvailabilityZone"] = fields["zone"]
    _rename(ec2._subnets, _create(modules, "EC2::Subnet", properties), wanted, "SubnetId")  # noqa: SLF001
    if fields.get("table"):
        association = {"SubnetId": wanted, "RouteTableId": fields["table"]}
        _create(modules, "EC2::SubnetRouteTableAssociation", association)


def _table(modules: Modules, wanted: str, fields: Fields) -> None:
    tables = modules["ec2"]._route_tables  # noqa: SLF001
    if wanted not in tables:
        made = _create(modules, "EC2::RouteTable", {"VpcId": fields.get("vpc", _VPC)})
        _rename(tables, made, wanted, "RouteTableId")


def _security_group(modules: Modules, wanted: str, fields: Fields) -> None:
    groups = modules["ec2"]._security_groups  # noqa: SLF001
    if wanted not in groups:
        properties = {"GroupName": wanted, "VpcId": fields.get("vpc", _VPC)}
        _rename(groups, _create(modules, "EC2::SecurityGroup", properties), wanted, "GroupId")


def _hosted_zone(modules: Modules, wanted: str, fields: Fields) -> None:
    zones, records = modules["dns"]._zones, modules["dns"]._records  # noqa: SLF001
    if wanted not in zones:
        made = _create(modules, "Route53::HostedZone", {"Name": fields.get("name", "example.com")})
        _rename(zones, made, wanted, "id")
        records[wanted] = records.pop(made)


def _parameter(modules: Modules, wanted: str, fields: Fields) -> None:
    properties = {"Name": wanted, "Type": "String", "Value": fields["value"]}
    if wanted.startswith("/aws/"):
        modules["parameters"]._PUBLIC_AMI_PARAMETERS.setdefault(wanted, fields["value"])  # noqa: SLF001
    elif wanted not in modules["parameters"]._parameters:  # noqa: SLF001
        _create(modules, "SSM::Parameter", properties)


def _load_balancer(modules: Modules, wanted: str, fields: Fields) -> None:
    balancers = modules["load_balancing"]._lbs  # noqa: SLF001
    if wanted not in balancers:
        kind = "network" if "/net/" in wanted else "application"
        properties = {"Name": wanted.split("/")[2], "Type": kind, "VpcId": fields.get("vpc", _VPC)}
        made = _create(modules, "ElasticLoadBalancingV2::LoadBalancer", properties)
        _rename(balancers, made, wanted, "LoadBalancerArn")


def _listener(modules: Modules, wanted: str, fields: Fields) -> None:
    balancing = modules["load_balancing"]
    if wanted in balancing._listeners:  # noqa: SLF001
        return
    balancer = wanted.replace(":listener/", ":loadbalancer/").rpartition("/")[0]
    _load_balancer(modules, balancer, {})
    nothing = {"StatusCode": "404"}
    records = balancing._listeners.values()  # noqa: SLF001
    taken = {one["Port"] for one in records if one["LoadBalancerArn"] == balancer}
    properties = {
        "LoadBalancerArn": balancer,
        "Port": fields.get("port") or min(set(range(80, 80 + len(taken) + 1)) - taken),
        "DefaultActions": [{"Type": "fixed-response", "FixedResponseConfig": nothing}],
    }
    made = _create(modules, "ElasticLoadBalancingV2::Listener", properties)
    _rename(balancing._listeners, made, wanted, "ListenerArn")  # noqa: SLF001
    for rule in balancing._rules.values():  # noqa: SLF001
        if rule["ListenerArn"] == made:
            rule["ListenerArn"] = wanted


def _target_group(modules: Modules, wanted: str, fields: Fields) -> None:
    groups = modules["load_balancing"]._tgs  # noqa: SLF001
    if wanted not in groups:
        name = wanted.split("/")[1]
        properties = {
            "Name": name,
            "Port": 80,
            "Protocol": "HTTP",
            "VpcId": fields.get("vpc", _VPC),
        }
        made = _create(modules, "ElasticLoadBalancingV2::TargetGroup", properties)
        _rename(groups, made, wanted, "TargetGroupArn")


def _entity(kind: str) -> Callable[[Modules, str, Fields], None]:
    """Return the maker of a role, user or group: the kind of the type and of the property."""

    def make(modules: Modules, wanted: str, _fields: Fields) -> None:
        if wanted not in getattr(modules["iam"], f"_{kind.lower()}s"):
            nobody = {"Version": "2012-10-17", "Statement": []}
            trust = {"AssumeRolePolicyDocument": nobody} if kind == "Role" else {}
            _create(modules, f"IAM::{kind}", {f"{kind}Name": wanted, **trust})

    return make


def _by_name(type_name: str, key: str, **more: object) -> Callable[[Modules, str, Fields], None]:
    """Return the maker of a `type_name` with its name in the property `key`, and `more`."""

    def make(modules: Modules, wanted: str, _fields: Fields) -> None:
        # Somebody may have made it past CloudFormation.
        with suppress(ValueError):
            name = wanted.rpartition(":")[2] if wanted.startswith("arn:") else wanted
            fifo = {f"Fifo{key[:5]}": True} if name.endswith(".fifo") else {}
            _create(modules, type_name, {key: name, **fifo, **more})

    return make


def _secret(modules: Modules, wanted: str, fields: Fields) -> None:
    """Make a secret by its name, or by its ARN, which ends with a dash and six characters."""
    name = wanted.partition(":secret:")[2][:-7] or wanted
    properties = {"Name": name, "SecretString": fields["value"]}
    secrets = modules["secrets"]._secrets  # noqa: SLF001
    if name not in secrets:  # else somebody made it past CloudFormation
        _create(modules, "SecretsManager::Secret", properties)
        if name != wanted:
            secrets[name]["ARN"] = wanted


OUTSIDE = "its function exists outside of the app"
"""The description of a function of which only the name is known: why it does not run."""

_NOBODYS = {
    "Description": OUTSIDE,
    "Runtime": "python3.13",
    "Handler": "index.handler",
    "Role": "arn:aws:iam::000000000000:role/outside",
    "Code": {"ZipFile": "def handler(event, context):\n    return None\n"},
}

_MAKERS: Mapping[str, Callable[[Modules, str, Fields], None]] = {
    "vpc": _vpc,
    "subnet": _subnet,
    "route-table": _table,
    "security-group": _security_group,
    "hosted-zone": _hosted_zone,
    "parameter": _parameter,
    "load-balancer": _load_balancer,
    "listener": _listener,
    "target-group": _target_group,
    "role": _entity("Role"),
    "user": _entity("User"),
    "group": _entity("Group"),
    "topic": _by_name("SNS::Topic", "TopicName"),
    "queue": _by_name("SQS::Queue", "QueueName"),
    "function": _by_name("Lambda::Function", "FunctionName", **_NOBODYS),
    "log-group": _by_name("Logs::LogGroup", "LogGroupName"),
    "secret": _secret,
    "bucket": _by_name("S3::Bucket", "BucketName"),
    "event-bus": _by_name("Events::EventBus", "Name"),
}
