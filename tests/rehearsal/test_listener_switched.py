"""A listener that forwards to a new target group: no requests until a new target is healthy."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

from porter.aws.clients import Clients
from porter.rehearsal.fleet.target import Target
from porter.rehearsal.fleet.targets import Targets
from tests.daemon.loopback import Service, running
from tests.harness.traces import until


def template(forwarded: str) -> str:
    """Return a load balancer whose listener forwards to one of two target groups."""
    kind = "AWS::ElasticLoadBalancingV2"
    check = {"HealthCheckPath": "/health", "HealthCheckIntervalSeconds": 5}
    group = {"Protocol": "HTTP", "Port": 80, "VpcId": "vpc-1", "HealthyThresholdCount": 2, **check}
    forward = {"Type": "forward", "TargetGroupArn": {"Ref": forwarded}}
    listener = {"LoadBalancerArn": {"Ref": "Home"}, "Protocol": "HTTP", "Port": 80}
    subnets = {"Subnets": ["subnet-1", "subnet-2"]}
    resources = {
        "Home": {"Type": f"{kind}::LoadBalancer", "Properties": subnets},
        "Old": {"Type": f"{kind}::TargetGroup", "Properties": group},
        "New": {"Type": f"{kind}::TargetGroup", "Properties": group},
        "Listener": {
            "Type": f"{kind}::Listener",
            "Properties": {**listener, "DefaultActions": [forward]},
        },
    }
    return json.dumps({"Resources": resources})


def deploy(aws: Clients, operation: str, forwarded: str) -> dict[str, str]:
    """Create or update the stack; return the ARNs of its target groups."""
    cloudformation = aws["cloudformation"]
    change = getattr(cloudformation, f"{operation}_stack")
    change(StackName="Hello", TemplateBody=template(forwarded))
    cloudformation.get_waiter(f"stack_{operation}_complete").wait(
        StackName="Hello", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    found = cloudformation.describe_stack_resources(StackName="Hello")["StackResources"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}


def target(aws: Clients, arn: str, name: str, port: int) -> Target:
    return Target(
        instance_id=name, address="127.0.0.1", port=port, aws=aws, target_group_arns=[arn]
    )


def status(url: str) -> int:
    there = urlsplit(url)
    connection = http.client.HTTPConnection(there.hostname or "", there.port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()


def look_until(targets: Targets, url: str, wanted: int) -> None:
    def looked() -> bool:
        targets.look()
        return status(url) == wanted

    assert until(looked, 10), status(url)


def test_a_replaced_target_group_is_an_outage_until_its_targets_are_healthy(
    aws: Clients, targets: Targets
) -> None:
    made = deploy(aws, "create", "Old")
    with running(first := Service()), running(second := Service(status=500)):
        targets.register(target(aws, made["Old"], "i-1", first.port))
        [url] = targets.urls
        look_until(targets, url, 200)
        deploy(aws, "update", "New")
        targets.register(target(aws, made["New"], "i-2", second.port))
        look_until(targets, url, 503)
        assert targets.urls == [url]
        second.status = 200
        look_until(targets, url, 200)
        targets.drain("i-1")
        assert targets.drained("i-1")
        targets.deregister("i-1")
        assert status(url) == 200
