"""Add what porter's templates need and ministack 1.5.33 lacks, through its private names."""

from __future__ import annotations

import functools
import json
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.sax.saxutils import escape

from porter.rehearsal.cloud.emulator.activities import ACTIVITIES, list_activities
from porter.rehearsal.cloud.emulator.asgi import wrap
from porter.rehearsal.cloud.emulator.condition_keys import know_condition_keys
from porter.rehearsal.cloud.emulator.custom_resources import run_custom_resources
from porter.rehearsal.cloud.emulator.given import make_given
from porter.rehearsal.cloud.emulator.handles import Handles
from porter.rehearsal.cloud.emulator.hooks import play_hooks
from porter.rehearsal.cloud.emulator.in_progress import refuse_updates
from porter.rehearsal.cloud.emulator.inert import INERT, Notes, know_every_type
from porter.rehearsal.cloud.emulator.instance_health import play_health
from porter.rehearsal.cloud.emulator.keys import make_named_keys
from porter.rehearsal.cloud.emulator.lifecycle import LIFECYCLE, Lifecycles
from porter.rehearsal.cloud.emulator.metric_math import keep_metric_math
from porter.rehearsal.cloud.emulator.mixed_instances import keep_mixed_instances
from porter.rehearsal.cloud.emulator.network_acls import know_network_acls
from porter.rehearsal.cloud.emulator.on_the_path import complete_the_path
from porter.rehearsal.cloud.emulator.one_balancer import attach_once
from porter.rehearsal.cloud.emulator.parameter_versions import leave_out_versions
from porter.rehearsal.cloud.emulator.private_names import checked_modules
from porter.rehearsal.cloud.emulator.registry import find_repositories, miss_images
from porter.rehearsal.cloud.emulator.replacing import play_update_policy
from porter.rehearsal.cloud.emulator.secret_names import name_secrets
from porter.rehearsal.cloud.emulator.secret_values import generate_secrets
from porter.rehearsal.cloud.emulator.stabilizing import play_stabilization
from porter.rehearsal.cloud.emulator.target_health import TARGETS, tell_health
from porter.rehearsal.cloud.emulator.trust import trust_named_roles
from porter.rehearsal.cloud.emulator.used_once import use_once
from porter.rehearsal.cloud.emulator.xml_texts import escape_texts


def fill(signals: Path, *, real_names: bool = False) -> None:
    """Patch ministack in this process; each new wait signal becomes a line of JSON in `signals`.

    It reads scaling activities from the file beside it. With `real_names` it returns AWS's own
    URLs. Raises `PorterError` unless the installed ministack has the version that these patches
    were tested with.
    """
    modules = checked_modules()
    _add_security_group_rules(modules["provisioners"])
    _add_vpc_cidr(modules["provisioners"])
    _keep_target_groups(modules["provisioners"], modules["auto_scaling"])
    keep_mixed_instances(modules["provisioners"], modules["auto_scaling"])
    keep_metric_math(modules["provisioners"])
    escape_texts(modules["auto_scaling"], modules["load_balancing"])
    attach_once(modules["provisioners"], modules["load_balancing"])
    use_once(modules["provisioners"], modules["load_balancing"])
    name_secrets(modules["provisioners"])
    generate_secrets(modules["provisioners"])
    play_update_policy(modules["provisioners"], modules["engine"], modules["stacks"])
    _keep_attributes(modules["provisioners"], modules["stacks"])
    refuse_updates(modules["stack_requests"])
    play_hooks(modules, signals.with_name(LIFECYCLE))
    play_health(modules, signals.with_name(LIFECYCLE))
    play_stabilization(modules, signals.with_name(LIFECYCLE))
    tell_health(modules["load_balancing"], signals.with_name(TARGETS))
    complete_the_path(modules)
    know_network_acls(modules["provisioners"], modules["ec2"])
    notes = Notes(signals.with_name(INERT))
    know_every_type(modules, notes)
    run_custom_resources(modules, notes)
    make_given(modules)
    list_activities(modules["auto_scaling"], modules["requests"], signals.with_name(ACTIVITIES))
    _know_resource_account(modules["policies"], modules["requests"])
    leave_out_versions(modules["actions"])
    group_of = _groups(modules["requests"], Lifecycles(signals.with_name(LIFECYCLE)))
    know_condition_keys(modules["actions"], modules["auto_scaling"], group_of)
    trust_named_roles(modules["policies"], modules["sts"], modules["iam"])
    find_repositories(modules["registry"], modules["requests"])
    miss_images(modules["registry"], modules["requests"])
    make_named_keys(modules["kms"], modules["requests"])
    _log_signals(modules["waits"], signals)
    handles = Handles()
    handles.hand_out(modules["waits"], real_names=real_names)
    wrap(lambda app: handles.app(app, modules["waits"].has_handle))
    if real_names:
        _name_queues(modules["queues"], modules["requests"].get_region)


def _groups(requests: ModuleType, lifecycles: Lifecycles) -> Callable[[str], str]:
    """Return what finds the group of an instance of the account and region that is asked."""

    def group_of(instance_id: str) -> str:
        home = requests.get_account_id(), requests.get_region()
        key = lifecycles.group_of(*home, instance_id) if instance_id else None
        return key[2] if key else ""

    return group_of


def _add_security_group_rules(provisioners: ModuleType) -> None:
    """Accept security group rules as resources; a rehearsal enforces no rule."""

    def create(
        _logical_id: str, _properties: Mapping[str, Any], _stack: str
    ) -> tuple[str, dict[str, str]]:
        rule = f"sgr-{uuid.uuid4().hex[:17]}"
        return rule, {"Id": rule}

    def delete(_physical_id: str, _properties: Mapping[str, Any]) -> None:
        return None

    for kind in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
        provisioners._RESOURCE_HANDLERS.setdefault(kind, {"create": create, "delete": delete})  # noqa: SLF001


def _add_vpc_cidr(provisioners: ModuleType) -> None:
    """Support `Fn::GetAtt: [Vpc, CidrBlock]` (the CDK's `vpc.vpc_cidr_block`)."""
    original = provisioners._ec2_vpc_create  # noqa: SLF001

    @functools.wraps(original)
    def create(
        logical_id: str, properties: Mapping[str, Any], stack: str
    ) -> tuple[str, dict[str, str]]:
        vpc, attributes = original(logical_id, properties, stack)
        return vpc, {**attributes, "CidrBlock": properties.get("CidrBlock", "10.0.0.0/16")}

    provisioners._RESOURCE_HANDLERS["AWS::EC2::VPC"]["create"] = create  # noqa: SLF001


def _keep_target_groups(provisioners: ModuleType, auto_scaling: ModuleType) -> None:
    """Keep an Auto Scaling group's TargetGroupARNs, and return them when it is described."""
    fields, describe = provisioners._asg_fields, auto_scaling._describe_asgs  # noqa: SLF001

    def fields_with_targets(properties: Mapping[str, Any]) -> dict[str, Any]:
        return {**fields(properties), "TargetGroupARNs": properties.get("TargetGroupARNs", [])}

    def describe_with_targets(parameters: Mapping[str, Any]) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = describe(parameters)
        for name, scaling_group in auto_scaling._asgs.items():  # noqa: SLF001
            arns = "".join(
                f"<member>{escape(arn)}</member>" for arn in scaling_group["TargetGroupARNs"]
            )
            mark = f"<member><AutoScalingGroupName>{name}</AutoScalingGroupName>"
            described = f"{mark}<TargetGroupARNs>{arns}</TargetGroupARNs>"
            body = body.replace(mark.encode(), described.encode())
        return status, headers, body

    setattr(provisioners, "_asg_fields", fields_with_targets)  # noqa: B010 - private, and so untyped
    auto_scaling._ACTION_MAP["DescribeAutoScalingGroups"] = describe_with_targets  # noqa: SLF001


def _keep_attributes(provisioners: ModuleType, cloudformation: ModuleType) -> None:
    """Keep the attributes of what an update leaves alone, in nested stacks too."""
    original = provisioners._update_resource  # noqa: SLF001

    @functools.wraps(original)
    def update(  # noqa: PLR0913, PLR0917 - ministack's own
        kind: str,
        physical_id: str,
        old: Mapping[str, Any],
        new: Mapping[str, Any],
        stack: str,
        logical_id: str | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> tuple[str, dict[str, str]]:
        if attributes is None:
            resources = cloudformation._stacks[stack]["_resources"]  # noqa: SLF001
            attributes = resources.get(logical_id, {}).get("Attributes")
        updated: tuple[str, dict[str, str]] = original(
            kind, physical_id, old, new, stack, logical_id, attributes
        )
        return updated

    setattr(provisioners, "_update_resource", update)  # noqa: B010 - private, and so untyped


def _know_resource_account(policies: ModuleType, requests: ModuleType) -> None:
    """Evaluate `aws:ResourceAccount` for S3, whose ARNs name no account; CDK's policies use it."""
    original: Callable[[str, Any], Any] = policies._resolve_condition_key  # noqa: SLF001

    def resolve(key: str, context: Any) -> Any:  # noqa: ANN401 - ministack's own types
        value = original(key, context)
        if value is None and key.lower() in ("aws:resourceaccount", "s3:resourceaccount"):
            return requests.get_account_id()
        return value

    setattr(policies, "_resolve_condition_key", resolve)  # noqa: B010


def _log_signals(waits: ModuleType, path: Path) -> None:
    """Record what wait handles received: ministack forgets the signals of a failed stack."""
    original = waits.deliver_signal

    def deliver(token: str, payload: Any) -> bool:  # noqa: ANN401 - whatever the client sent
        entry = waits._handles.get(token) or {"signals": {}}  # noqa: SLF001
        known = set(entry["signals"])
        delivered: bool = original(token, payload)
        if delivered and payload["UniqueId"] not in known:
            with path.open("a", encoding="utf-8") as log:
                log.write(json.dumps({"at": time.time(), **payload}) + "\n")
        return delivered

    setattr(waits, "deliver_signal", deliver)  # noqa: B010


def _name_queues(queues: ModuleType, region: Callable[[], str]) -> None:
    """Return queue URLs as SQS does ("Amazon SQS queue and message identifiers")."""

    def url(account: str, name: str) -> str:
        return f"https://sqs.{region()}.amazonaws.com/{account}/{name}"

    setattr(queues, "_queue_url_for_account", url)  # noqa: B010 - private, and so untyped
