"""What a stack tells its hosts: synthesize, evaluate, decode, compare."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sqs as sqs

from porter.spec import (
    SCHEMA,
    Deployment,
    HealthCheck,
    HostSpec,
    ProcessWorkload,
    Proxy,
    SetupStep,
    loads,
    resolve,
)
from porter_cdk import PorterHost, PorterService, Process, Setup

ENVIRONMENT = cdk.Environment(account="123456789012", region="us-east-1")
NASTY = 'a "quoted" \\ value\nwith ${Everything} in it, ümlauts too'


@dataclass
class Example:
    """A stack, and the specification that each of its hosts must decode."""

    build: Callable[[Path], cdk.Stack]
    expected: list[HostSpec]
    refs: dict[str, str] = field(default_factory=dict)
    region: str = "eu-west-1"


def spec(service: str, **changes: Any) -> HostSpec:
    """Return the specification of the simplest service."""
    workload = ProcessWorkload(
        name="web",
        command=changes.pop("command", ("python3", "main.py")),
        port=8000,
        environment=changes.pop("environment", {}),
    )
    simple = HostSpec(
        schema=SCHEMA,
        service=service,
        timeout_seconds=900,
        workloads=(workload,),
        health_check=HealthCheck("/health"),
        proxy=Proxy(workload="web", port=80),
        environment_name="Hello",
    )
    return replace(simple, **changes)


def process(
    source: Path, command: tuple[str, ...] = ("python3", "main.py"), **more: Any
) -> Process:
    return Process(command, source=source, port=8000, **more)


def hello(source: Path) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    PorterService(stack, "Service", run=process(source))
    return stack


def with_tokens(source: Path) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    queue = sqs.CfnQueue(stack, "Queue")
    environment = {"QUEUE": queue.ref, "ARN": f"arn is {queue.attr_arn}", "PLAIN": "x"}
    command = ("python3", "main.py", "--queue", queue.ref)
    PorterService(stack, "Service", run=process(source, command, environment=environment))
    return stack


def with_setup(source: Path) -> cdk.Stack:
    """The service and a step use the same variable name, with different tokens."""
    stack = cdk.Stack(cdk.App(), "Hello")
    queue = sqs.CfnQueue(stack, "Queue")
    environment = {"QUEUE": queue.attr_arn}
    agent = Setup(
        "agent", command=["./main.py", queue.ref], source=source, environment={"QUEUE": queue.ref}
    )
    setup = [agent, Setup("limits", command=["sysctl", "-w", "a=1"], timeout_seconds=5)]
    PorterService(stack, "Service", run=process(source, environment=environment), setup=setup)
    return stack


def setup_alone(source: Path) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    PorterHost(stack, "Host", setup=[Setup("agent", command=["./main.py"], source=source)])
    return stack


def from_another_stack(source: Path) -> cdk.Stack:
    app = cdk.App()
    queue = sqs.CfnQueue(cdk.Stack(app, "Data"), "Queue")
    stack = cdk.Stack(app, "Hello")
    PorterService(stack, "Service", run=process(source, environment={"QUEUE": queue.ref}))
    return stack


def host_alone(source: Path) -> cdk.Stack:  # noqa: ARG001 - every example is called alike
    stack = cdk.Stack(cdk.App(), "Hello")
    PorterHost(stack, "Host", timeout=cdk.Duration.minutes(5))
    return stack


def given_host(source: Path) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    host = PorterHost(stack, "Host", min_capacity=2)
    PorterService(
        stack,
        "Service",
        host=host,
        run=process(source),
        health_check=HealthCheck("/up", timeout_seconds=9),
    )
    return stack


def explicit_environment(source: Path) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello", env=ENVIRONMENT)
    PorterService(stack, "Service", run=process(source))
    return stack


def given_vpc(source: Path) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    PorterService(stack, "Service", run=process(source), vpc=ec2.Vpc(stack, "Own", nat_gateways=1))
    return stack


def two_services(source: Path) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    PorterService(stack, "One", run=process(source))
    PorterService(stack, "Two", run=process(source, ("./two",)))
    return stack


TOKENS = {
    "command": ("python3", "main.py", "--queue", NASTY),
    "environment": {"QUEUE": NASTY, "ARN": "arn is arn:1", "PLAIN": "x"},
}
AGENT = SetupStep(
    name="agent", command=("./main.py", NASTY), timeout_seconds=300, environment={"QUEUE": NASTY}
)
LIMITS = SetupStep(name="limits", command=("sysctl", "-w", "a=1"), timeout_seconds=5)
EXAMPLES = {
    "hello": Example(hello, [spec("hello-service")]),
    "tokens": Example(
        with_tokens,
        [spec("hello-service", **TOKENS)],
        refs={"Queue": NASTY, "Queue.Arn": "arn:1"},
    ),
    "setup": Example(
        with_setup,
        [spec("hello-service", environment={"QUEUE": "arn:1"}, setup=(AGENT, LIMITS))],
        refs={"Queue": NASTY, "Queue.Arn": "arn:1"},
    ),
    "setup of a host alone": Example(
        setup_alone,
        [
            HostSpec(
                schema=SCHEMA,
                service="hello-host",
                timeout_seconds=900,
                environment_name="Hello",
                setup=(replace(AGENT, command=("./main.py",), environment={}),),
            )
        ],
    ),
    "another stack's token": Example(
        from_another_stack,
        [spec("hello-service", environment={"QUEUE": "<Data:ExportsOutputRefQueueD6A24597>"})],
    ),
    "host alone": Example(
        host_alone,
        [
            HostSpec(
                schema=SCHEMA,
                service="hello-host",
                timeout_seconds=300,
                environment_name="Hello",
            )
        ],
    ),
    "given host": Example(
        given_host, [spec("hello-service", health_check=HealthCheck("/up", timeout_seconds=9))]
    ),
    "explicit environment": Example(
        explicit_environment, [spec("hello-service")], region="us-east-1"
    ),
    "given vpc": Example(given_vpc, [spec("hello-service")]),
    "two services": Example(
        two_services, [spec("hello-one"), spec("hello-two", command=("./two",))]
    ),
}


def names_of(steps: tuple[SetupStep, ...]) -> set[str]:
    return {step.name for step in steps}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_host_decodes_exactly_what_the_app_said(
    name: str, source: Path, deployed_hosts: Any, unpacked: Any
) -> None:
    example = EXAMPLES[name]
    hosts = deployed_hosts(example.build(source), **example.refs)
    decoded = []
    for host in hosts:
        deployment = loads(Deployment, host.deployment_json())
        assert deployment.region == example.region
        assert deployment.handle_url.startswith("https://cloudformation-waitcondition.invalid/a%3A")
        payload = unpacked(host.fetch(deployment.payload))
        told = resolve(loads(HostSpec, payload["host.json"]), deployment)
        assert re.fullmatch(r'<".*HostServiceRole.*\.Arn">', str(told.service_role))
        assert re.fullmatch(r"<.*HostLeases[0-9A-F]{8}>", str(told.lease_table))
        decoded.append(replace(told, service_role="", lease_table=""))
        if decoded[-1].workloads:
            assert payload["workloads/web/main.py"] == b"print('hello')\n"
        assert ("setup/agent/main.py" in payload) == (AGENT.name in names_of(decoded[-1].setup))
        assert host.fetch(deployment.bundle).startswith(b"\xfd7zXZ")
    assert decoded == example.expected
