"""Make what `cdk bootstrap` makes, as far as a deployment uses it, in the embedded AWS."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from porter.aws.clients import Clients
from porter.rehearsal.cloud.assembly import DEFAULT_REGION, Environment, Stack

BOOTSTRAP_VERSION = "30"
"""Newer than any assembly asks for (the CDK's own template is at 28 in 2026)."""


def clients(environment: Environment, endpoint: str) -> Clients:
    """AWS as the root of `environment`: in ministack a 12-digit access key is that account."""
    return Clients(
        region=environment.region,
        access_key=environment.account,
        secret_key="rehearsal",  # noqa: S106 - any will do, and none is secret
        endpoint=endpoint,
    )


def bootstrap(stacks: Iterable[Stack], endpoint: str) -> None:
    """Make the asset buckets and repositories and the version parameters that `stacks` name.

    Those that are there already stay as they are.

    Not the roles: where they are missing the cdk CLI says so and goes on with its own credentials,
    which are the account's here.
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
        done |= stack.buckets | stack.repositories | {stack.version_parameter or ""}


def _make_bucket(aws: Clients, name: str) -> None:
    s3 = aws["s3"]
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        if aws.region == DEFAULT_REGION:  # S3 refuses to be told the region it takes by default
            s3.create_bucket(Bucket=name)
            return
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})


def _make_repository(aws: Clients, name: str) -> None:
    ecr = aws["ecr"]
    with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=name)
