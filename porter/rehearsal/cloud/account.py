"""Create in the embedded AWS what `cdk bootstrap` creates, as far as deployments use it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache

from porter.aws.clients import Clients
from porter.rehearsal.cloud.assembly import DEFAULT_REGION, Environment, Stack

BOOTSTRAP_VERSION = "30"
"""A version that no assembly's minimum exceeds (the CDK's template is at 28 in 2026)."""

_ASSUME = ["sts:AssumeRole", "sts:TagSession"]

_NEEDED = ("s3", "ssm", "iam", "autoscaling", "cloudformation", "ec2", "elbv2")

SECRET_KEY = "rehearsal"  # noqa: S105 - any value works


@lru_cache(maxsize=4)
def clients(environment: Environment, endpoint: str) -> Clients:
    """Return AWS as the root of `environment`: a 12-digit access key is ministack's account."""
    return Clients(
        region=environment.region,
        access_key=environment.account,
        secret_key=SECRET_KEY,
        endpoint=endpoint,
    )


def load(environment: Environment, endpoint: str) -> None:
    """Make the clients that each deployment needs, so that none waits for them: 0.3 s of a core."""
    aws = clients(environment, endpoint)
    for service in _NEEDED:
        aws[service]


def variables(environment: Environment, endpoint: str) -> dict[str, str]:
    """Return the variables that lead AWS's own tools to the embedded AWS at `endpoint`."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": environment.region,
        "AWS_DEFAULT_REGION": environment.region,
        "AWS_ACCESS_KEY_ID": environment.account,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    }


def bootstrap(stacks: Iterable[Stack], endpoint: str) -> None:
    """Create the asset buckets, repositories, version parameters and roles that `stacks` name.

    Existing ones stay as they are. The cdk CLI assumes the roles, so that each stack is deployed
    with credentials of its own account.
    """
    made: dict[Environment, set[str]] = {}
    for stack in stacks:
        done = made.setdefault(stack.environment, set())
        aws = clients(stack.environment, endpoint)
        for bucket in stack.buckets - done:
            _make_bucket(aws, bucket)
        for repository in stack.repositories - done:
            _make_repository(aws, repository)
        if stack.version_parameter and stack.version_parameter not in done:
            aws["ssm"].put_parameter(
                Name=stack.version_parameter, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
            )
        for role in stack.roles - done:
            owner = replace(stack.environment, account=role.split(":")[4])
            _make_role(clients(owner, endpoint), role)
        done |= stack.buckets | stack.repositories | stack.roles | {stack.version_parameter or ""}


def _make_bucket(aws: Clients, name: str) -> None:
    s3 = aws["s3"]
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        if aws.region == DEFAULT_REGION:  # S3 rejects its default region as a constraint
            s3.create_bucket(Bucket=name)
            return
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})


def _make_repository(aws: Clients, name: str) -> None:
    ecr = aws["ecr"]
    with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=name)


def _make_role(aws: Clients, arn: str) -> None:
    """Create a role that everybody may assume and that may do everything."""
    path = arn.partition(":role/")[2]
    name = path.rpartition("/")[2]
    iam = aws["iam"]
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        trusting = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": _ASSUME}
        iam.create_role(
            Path=f"/{path.removesuffix(name)}",
            RoleName=name,
            AssumeRolePolicyDocument=_policy(trusting),
        )
        allowing = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=_policy(allowing))


def _policy(statement: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
