"""The embedded AWS refuses a second listener on a port, a used priority, a moved target group."""

from __future__ import annotations

import json
from typing import Any

from tests.harness.traces import until
from tests.rehearsal.stacks import Resources, Stacks

KIND = "AWS::ElasticLoadBalancingV2"
NOTHING = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
PATIENCE = {"Delay": 0.2, "MaxAttempts": 100}


def ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def listener(balancer: str, port: int = 80) -> dict[str, Any]:
    properties = {"LoadBalancerArn": ref(balancer), "Port": port, "Protocol": "HTTP"}
    return {"Type": f"{KIND}::Listener", "Properties": {**properties, "DefaultActions": [NOTHING]}}


def rule(listener: str, priority: int, targets: str = "Targets") -> dict[str, Any]:
    """Return a rule that forwards `/shop` to `targets`."""
    return {
        "Type": f"{KIND}::ListenerRule",
        "Properties": {
            "ListenerArn": ref(listener),
            "Priority": priority,
            "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/shop"]}}],
            "Actions": [{"Type": "forward", "TargetGroupArn": ref(targets)}],
        },
    }


def balancers(**more: dict[str, Any]) -> Resources:
    """Return two load balancers, with a listener each, a target group, and `more`."""
    targets = {"Port": 80, "Protocol": "HTTP", "VpcId": ref("Vpc")}
    return {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "One": {"Type": f"{KIND}::LoadBalancer", "Properties": {}},
        "Two": {"Type": f"{KIND}::LoadBalancer", "Properties": {}},
        "First": listener("One"),
        "Second": listener("Two"),
        "Targets": {"Type": f"{KIND}::TargetGroup", "Properties": targets},
        **more,
    }


def change(stacks: Stacks, name: str, before: Resources, after: Resources) -> str:
    """Create a stack, update it, and return why the update failed; empty if it did not."""
    stacks.create(name, before)
    cloudformation, stack = stacks.aws["cloudformation"], {"StackName": name}
    cloudformation.update_stack(**stack, TemplateBody=json.dumps({"Resources": after}))

    def status() -> str:
        [found] = cloudformation.describe_stacks(**stack)["Stacks"]
        return str(found["StackStatus"])

    assert until(lambda: status() in {"UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}, 20), status()
    events = cloudformation.describe_stack_events(**stack)["StackEvents"]
    cloudformation.delete_stack(**stack)
    cloudformation.get_waiter("stack_delete_complete").wait(**stack, WaiterConfig=PATIENCE)
    failed = [one for one in events if one["ResourceStatus"] == "UPDATE_FAILED"]
    failed += [one for one in events if one["ResourceStatus"] == "CREATE_FAILED"]
    return "\n".join(one.get("ResourceStatusReason", "") for one in failed)


def test_a_port_has_one_listener(stacks: Stacks) -> None:
    said = stacks.failure("Ports", balancers(Third=listener("One")), {})
    assert "A listener already exists on this port for this load balancer" in said
    # As porter's did once: the listener moves to 443, and another one comes on 80, or back.
    http = balancers(A=listener("One", 8080))
    https = balancers(A=listener("One", 8443), B=listener("One", 8080))
    back = change(stacks, "Back", https, http)
    assert "A listener already exists on this port" in back


def test_a_listener_keeps_its_port_and_another_one_comes(stacks: Stacks) -> None:
    assert change(stacks, "Comes", balancers(), balancers(A=listener("One", 443))) == ""


def test_a_priority_has_one_rule(stacks: Stacks) -> None:
    both = balancers(A=rule("First", 10), B=rule("First", 10))
    in_use = "Priority '10' is currently in use"
    assert in_use in stacks.failure("Priorities", both, {})
    apart = balancers(A=rule("First", 10), B=rule("First", 20))
    swapped = balancers(A=rule("First", 20), B=rule("First", 10))
    assert "is currently in use" in change(stacks, "Swapped", apart, swapped)
    assert change(stacks, "Free", apart, balancers(A=rule("First", 10), B=rule("First", 30))) == ""


def test_a_rules_target_group_belongs_to_one_load_balancer(stacks: Stacks) -> None:
    """A rule that moves needs another target group, which porter makes for each listener."""
    before = balancers(Rule=rule("First", 10))
    said = change(stacks, "Moved", before, balancers(Rule=rule("Second", 10)))
    assert "cannot be associated with more than one load balancer" in said
    other = {"Other": before["Targets"]}
    after = balancers(Rule=rule("Second", 10, "Other"), **other)
    assert change(stacks, "MovedWell", before, after) == ""
