"""Secrets of a program: the host gets their location, and its role the permission to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from porter import spec
from porter.spec import Deployment, HostSpec, SpecError, loads, resolve
from porter_cdk import Container, Job, PorterService, Process, Secret
from tests.cdk.conftest import deployed_hosts, evaluate, template_of, unpacked

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"


def service(source: Path, **secrets: Secret) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    with_secrets(stack, source, secrets)
    return stack


def with_secrets(stack: cdk.Stack, source: Path, secrets: dict[str, Secret]) -> None:
    PorterService(
        stack,
        "Service",
        run=Process(["python3", "main.py"], source=source, port=8000, secrets=secrets),
    )


def workload(stack: cdk.Stack, **refs: str) -> spec.ProcessWorkload:
    """Return the only workload, as its host decodes it."""
    [one] = spec_of(stack, **refs).workloads
    assert isinstance(one, spec.ProcessWorkload)
    return one


def spec_of(stack: cdk.Stack, **refs: str) -> HostSpec:
    """Return the specification, as its host decodes it."""
    [host] = deployed_hosts(stack, **refs)
    deployment = loads(Deployment, host.deployment_json())
    packed = unpacked(host.fetch(deployment.payload))["host.json"]
    return resolve(loads(HostSpec, packed), deployment)


def reads(stack: cdk.Stack) -> dict[str, list[str]]:
    """Return the stack's policies about secrets: role to resources."""
    found: dict[str, list[str]] = {}
    for resource in template_of(stack)["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
                actions = statement["Action"]
                if any(word in str(actions) for word in ("GetSecretValue", "GetParameter", "kms:")):
                    [role] = resource["Properties"]["Roles"]
                    found.setdefault(role["Ref"], []).append(evaluated(statement["Resource"]))
    return found


def evaluated(resource: Any) -> str:
    return str(evaluate(resource, {}))


@pytest.mark.parametrize(
    ("secret", "expected", "granted"),
    [
        (
            Secret.from_secrets_manager("db", field="password"),
            spec.Secret(store="secretsmanager", id="db", field="password"),
            "arn:aws:secretsmanager:<region>:<account>:secret:db-??????",
        ),
        (
            Secret.from_secrets_manager(ARN, version="AWSPREVIOUS"),
            spec.Secret(store="secretsmanager", id=ARN, version="AWSPREVIOUS"),
            ARN,
        ),
        (
            Secret.from_parameter("/app/token", version=3),
            spec.Secret(store="ssm", id="/app/token", version="3"),
            "arn:aws:ssm:<region>:<account>:parameter/app/token",
        ),
    ],
)
def test_only_the_hosts_role_may_read_an_existing_secret(
    source: Path, secret: Secret, expected: spec.Secret, granted: str
) -> None:
    stack = service(source, KEY=secret)
    assert dict(workload(stack).secrets) == {"KEY": expected}
    [(role, resources)] = reads(stack).items()
    assert role.startswith("ServiceHostRole")
    region, account = "eu-west-1", "123456789012"
    assert resources == [granted.replace("<region>", region).replace("<account>", account)]


def test_a_secret_of_the_stack_is_created_before_the_hosts(source: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    key = kms.Key(stack, "Key")
    made = secretsmanager.Secret(stack, "Made", encryption_key=key)
    parameter = ssm.StringParameter(stack, "Parameter", string_value="x")
    secrets = {
        "WHOLE": Secret.from_secrets_manager(made),
        "PARAMETER": Secret.from_parameter(parameter, file=True),
    }
    with_secrets(stack, source, secrets)
    names = {"Made": stack.get_logical_id(made.node.default_child)}  # type: ignore[arg-type]
    one = workload(stack, **{names["Made"]: ARN})
    assert one.secrets["WHOLE"].id == ARN
    assert list(one.secret_files) == ["PARAMETER"]
    [(role, resources)] = reads(stack).items()
    assert role.startswith("ServiceHostRole")
    assert len(resources) == 2, resources
    [key_policy] = [
        json.dumps(resource["Properties"]["KeyPolicy"])
        for resource in template_of(stack)["Resources"].values()
        if resource["Type"] == "AWS::KMS::Key"
    ]
    assert "kms:Decrypt" in key_policy
    assert role in key_policy
    group = next(
        resource
        for resource in template_of(stack)["Resources"].values()
        if resource["Type"] == "AWS::AutoScaling::AutoScalingGroup"
    )
    assert any("RoleDefaultPolicy" in name for name in group["DependsOn"])


def test_containers_and_jobs_have_secrets_that_the_hosts_role_may_read(source: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    key, token = (Secret.from_parameter(f"/app/{name}", file=True) for name in ("key", "token"))
    image = f"nginx@sha256:{'d' * 64}"
    password = Secret.from_secrets_manager("db", field="password")
    run = ["python3", "main.py"]
    PorterService(
        stack,
        "Service",
        run=Process(run, source=source, port=8000),
        workers={"box": Container.from_registry(image, secrets={"KEY": key})},
        jobs={
            "report": Job(
                run,
                schedule="daily",
                source=source,
                secrets={"PASSWORD": password, "TOKEN": token},
            )
        },
    )
    host = spec_of(stack)
    assert dict(host.workloads[1].secret_files) == {"KEY": spec.Secret(store="ssm", id="/app/key")}
    [job] = host.jobs
    assert [one.field for one in job.secrets.values()] == ["password"]
    assert list(job.secret_files) == ["TOKEN"]
    [(role, resources)] = reads(stack).items()
    assert role.startswith("ServiceHostRole")
    assert [resource.rpartition(":")[2] for resource in resources] == [
        "parameter/app/key",
        "db-??????",
        "parameter/app/token",
    ]


def test_a_containers_secret_must_be_a_file() -> None:
    image = f"nginx@sha256:{'d' * 64}"
    with pytest.raises(SpecError, match="must be a file, because Docker keeps") as error:
        Container.from_registry(image, secrets={"TOKEN": Secret.from_parameter("/app/token")})
    assert error.value.where == "secrets/TOKEN"
    assert error.value.cure == "write file=True, and read the file whose path is in $TOKEN_FILE"
    with pytest.raises(SpecError, match="must be a Secret, got a str"):
        Container.from_registry(image, secrets={"TOKEN": "s3cret"})  # type: ignore[dict-item]


def test_no_value_of_the_stack_is_in_user_data(source: Path) -> None:
    stack = service(source, KEY=Secret.from_secrets_manager("db", field="password"))
    [host] = deployed_hosts(stack)
    assert "password" not in host.user_data
    assert "password" not in json.dumps(template_of(stack))


@pytest.mark.parametrize(
    ("make", "where", "what"),
    [
        (lambda: {"secrets": {"K": "s3cret"}}, "secrets/K", "must be a Secret, got a str"),
        (
            lambda: {"secrets": {"K": Secret.from_parameter("p")}, "environment": {"K": "v"}},
            "secrets/K",
            "K is in environment too",
        ),
        (
            lambda: {"secrets": {"PORT": Secret.from_parameter("p")}},
            "secrets/PORT",
            "PORT is set by porter",
        ),
        (
            lambda: {
                "secrets": {
                    "K": Secret.from_parameter("p", file=True),
                    "K_FILE": Secret.from_parameter("p"),
                }
            },
            "secret_files/K",
            "K_FILE is in secrets too",
        ),
        (
            lambda: {"secrets": {"a-b": Secret.from_parameter("p")}},
            "secrets/a-b",
            "is not a name of an environment variable",
        ),
        (
            lambda: {"secrets": {"K": Secret.from_secrets_manager(3)}},  # type: ignore[arg-type]
            "secret",
            "must be a secret or its name",
        ),
        (
            lambda: {"secrets": {"K": Secret.from_parameter("arn:aws:ssm:::parameter/p")}},
            "parameter",
            "must be a name, not an ARN",
        ),
        (
            lambda: {"secrets": {"K": Secret.from_secrets_manager("")}},
            "secrets/K/id",
            "must be a non-empty string",
        ),
    ],
)
def test_nonsense_is_refused_where_it_is_written(
    source: Path, make: Any, where: str, what: str
) -> None:
    with pytest.raises(SpecError, match=what) as error:
        Process(["python3"], source=source, port=1, **make())
    assert error.value.where == where
    assert "s3cret" not in str(error.value)
