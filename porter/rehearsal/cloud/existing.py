"""What an app takes as existing, by ids, ARNs and names in its templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.lookups import parameter

_READS, _IMAGE = "AWS::SSM::Parameter::Value<", "AWS::EC2::Image::Id"
_BOOTSTRAP = "/cdk-bootstrap/"
_ID = r"(?:[0-9a-f]{8}|[0-9a-f]{17})"
_WHERE = r"(?P<region>[\w-]+):(?P<account>\d{12})"
_ARN = re.compile(rf"arn:aws[\w-]*:\w+:{_WHERE}:(?:function:|secret:)?(?P<name>[\w/+=.@-]+)")
_KINDS = {
    rf"vpc-{_ID}": "vpc",
    rf"subnet-{_ID}": "subnet",
    rf"sg-{_ID}": "security-group",
    rf"rtb-{_ID}": "route-table",
    r"arn:aws[\w-]*:elasticloadbalancing:.*:loadbalancer/(app|net)/.+": "load-balancer",
    r"arn:aws[\w-]*:elasticloadbalancing:.*:listener/(app|net)/.+": "listener",
    r"arn:aws[\w-]*:elasticloadbalancing:.*:targetgroup/.+": "target-group",
    rf"arn:aws[\w-]*:sns:{_WHERE}:[\w.-]+": "topic",
    rf"arn:aws[\w-]*:sqs:{_WHERE}:[\w.-]+": "queue",
    rf"arn:aws[\w-]*:lambda:{_WHERE}:function:[\w-]+": "function",
}
_ENTITIES = {"Roles": "role", "Users": "user", "Groups": "group"}
"""Properties of policies and instance profiles that name what has them."""

_PROPERTIES = {
    ("AWS::Events::Rule", "EventBusName"): "event-bus",
    ("AWS::Logs::MetricFilter", "LogGroupName"): "log-group",
    ("AWS::Logs::SubscriptionFilter", "LogGroupName"): "log-group",
    ("AWS::S3::BucketPolicy", "Bucket"): "bucket",
    ("Custom::S3BucketNotifications", "BucketName"): "bucket",
}
"""Properties with the name of something that must exist."""

_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role")

_NAMED = {
    "AWS::Events::EventBus": ("event-bus", "Name"),
    "AWS::IAM::Role": ("role", "RoleName"),
    "AWS::Lambda::Function": ("function", "FunctionName"),
    "AWS::Logs::LogGroup": ("log-group", "LogGroupName"),
    "AWS::S3::Bucket": ("bucket", "BucketName"),
    "AWS::SecretsManager::Secret": ("secret", "Name"),
    "AWS::SNS::Topic": ("topic", "TopicName"),
    "AWS::SQS::Queue": ("queue", "QueueName"),
    "AWS::SSM::Parameter": ("parameter", "Name"),
}
"""What an app makes under a name of its own, and may name elsewhere as if it existed."""

_READABLE = {
    re.compile(
        rf"(?P<name>arn:aws[\w-]*:secretsmanager:{_WHERE}:secret:[\w/+=.@-]+-[A-Za-z0-9]{{6}})$"
    ): "secret",
    re.compile(r":secret:(?P<name>[\w/+=.@-]+)-\?{6}"): "secret",
    re.compile(r":parameter/(?P<name>(?!aws/|cdk-bootstrap/)[\w/.-]*[\w.-])$"): "parameter",
    re.compile(r":s3:::(?P<name>(?!cdk-)[a-z0-9.-]{3,63})(/.*)?$"): "bucket",
}
"""The resources of policies that let a role use what the app does not make."""

_ZONE = re.compile(r"Z[A-Z0-9]{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """A resource of `kind` in an environment; `fields` are strings, what is known of it.

    A kind is `vpc` (`cidr`), `subnet` (`vpc`, `zone`, `cidr`, `table`), `route-table` (`vpc`),
    `security-group` (`vpc`), `hosted-zone` (`name`), `parameter` (`value`), `load-balancer`
    (`vpc`), `listener` (`port`), `target-group` (`vpc`), `role`, `user` or `group` (of IAM),
    `topic`, `queue`, `function`, `log-group`, `event-bus`, `bucket` or `secret`
    (`value`).
    """

    kind: str
    id: str
    environment: Environment
    fields: Mapping[str, str] = field(default_factory=dict)


def by_id(
    templates: Sequence[tuple[Environment, Mapping[str, Any]]], fields: Sequence[str] = ()
) -> list[Existing]:
    """Return what `templates` name by a literal id, and none of them makes.

    `fields` are those that programs read of secrets.
    """
    own = {one for _, template in templates for one in made(template)}
    return [
        one
        for environment, template in templates
        for one in (*named(template, environment), *_read(template, environment, fields))
        if (one.kind, _name(one.id)) not in own
    ]


def _read(
    template: Mapping[str, Any], environment: Environment, fields: Sequence[str]
) -> Iterator[Existing]:
    """Yield what policies let roles use; secrets and parameters have stand-ins as values."""
    for resource in template.get("Resources", {}).values():
        if resource.get("Type") not in _POLICIES:
            continue
        for _, text in _strings(resource.get("Properties", {})):
            for pattern, kind in _READABLE.items():
                if match := pattern.search(text):
                    name, value = match["name"], ""
                    if kind == "parameter":
                        name, value = f"/{name}" if "/" in name else name, parameter(name)
                    elif kind == "secret":
                        objects = {field: f"stand-in-for-{field}" for field in fields}
                        value = json.dumps(objects) if objects else f"stand-in-for-{name}"
                    yield Existing(
                        kind=kind,
                        id=name,
                        environment=_environment(name, environment),
                        fields={"value": value},
                    )


def _name(identifier: str) -> str:
    """Return the name at the end of the ARN of a topic, a queue or a function."""
    match = _ARN.fullmatch(identifier)
    return match["name"] if match else identifier


def named(template: Mapping[str, Any], environment: Environment) -> list[Existing]:
    """Return what `template` names by a literal id, ARN or parameter's name."""
    found: dict[str, str] = {}
    for resource in template.get("Resources", {}).values():
        type_name = str(resource.get("Type"))
        entities = _ENTITIES if type_name.startswith("AWS::IAM::") else {}
        for name, text in _strings(resource.get("Properties", {})):
            kind = _kind(name, text) or entities.get(name) or _PROPERTIES.get((type_name, name))
            if kind and text != "default":  # every account has that event bus
                found.setdefault(text, kind)
    vpcs = [one for one, kind in found.items() if kind == "vpc"]
    fields = {"vpc": vpcs[0]} if len(vpcs) == 1 else {}
    subnets = [one for one, kind in found.items() if kind == "subnet"]
    return [
        *_parameters(template, environment),
        *(
            Existing(
                kind=kind,
                id=one,
                environment=_environment(one, environment),
                fields=fields
                | (_placed(subnets.index(one), environment) if one in subnets else {}),
            )
            for one, kind in sorted(found.items(), key=lambda pair: pair[1] != "vpc")
        ),
    ]


def _environment(identifier: str, of_the_stack: Environment) -> Environment:
    match = _ARN.fullmatch(identifier)
    return Environment(account=match["account"], region=match["region"]) if match else of_the_stack


def made(template: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Return kind and name of what `template` makes under a literal name, and others may use."""
    found = set()
    for resource in template.get("Resources", {}).values():
        if resource.get("Type") in _NAMED:
            kind, name = _NAMED[resource["Type"]]
            given = resource.get("Properties", {}).get(name)
            if isinstance(given, str):
                found.add((kind, given))
    return found


def _parameters(template: Mapping[str, Any], environment: Environment) -> Iterator[Existing]:
    """Yield the SSM parameters that CloudFormation reads before it creates anything."""
    for one in template.get("Parameters", {}).values():
        name = str(one.get("Default", ""))
        if one.get("Type", "").startswith(_READS) and not name.startswith(_BOOTSTRAP):
            value = {"value": parameter(f"ami:{name}" if _IMAGE in one["Type"] else name)}
            yield Existing(kind="parameter", id=name, environment=environment, fields=value)


def _placed(index: int, environment: Environment) -> dict[str, str]:
    """Spread subnets over three zones: their ids do not say where they are."""
    return {"zone": f"{environment.region}{'abc'[index % 3]}", "cidr": f"10.0.{index % 256}.0/24"}


def _kind(name: str, text: str) -> str | None:
    for pattern, kind in _KINDS.items():
        if re.fullmatch(pattern, text):
            return kind
    # An alias has the zone of the load balancer, under the same name.
    return "hosted-zone" if name == "HostedZoneId" and _ZONE.fullmatch(text) else None


def _strings(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield name, value
        case list():
            for one in value:
                yield from _strings(one, name)
        case dict():
            for key, one in value.items():
                if key != "AliasTarget":
                    yield from _strings(one, key)
