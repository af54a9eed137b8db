"""Create in the embedded AWS what `cdk bootstrap` creates, as far as deployments use it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from porter.aws.clients import Clients
from porter.rehearsal.cloud.assembly import DEFAULT_REGION, Environment, Stack

BOOTSTRAP_VERSION = "30"
"""A version that no assembly's minimum exceeds (the CDK's template is at 28 in 2026)."""


def clients(environment: Environment, endpoint: str) -> Clients:
    """Return AWS as the root of `environment`: a 12-digit access key is ministack's account."""
    return Clients(
        region=environment.region,
        access_key=environment.account,
        secret_key="rehearsal",  # noqa: S106 - any value works
        endpoint=endpoint,
    )


def bootstrap(stacks: Iterable[Stack], endpoint: str) -> None:
    """Create the asset buckets, repositories and version parameters that `stacks` name.

    Existing ones stay as they are. Roles are not created: without them the cdk CLI uses its own
    credentials, which are the account's.
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
        if aws.region == DEFAULT_REGION:  # S3 rejects its default region as a constraint
            s3.create_bucket(Bucket=name)
            return
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": aws.region})


def _make_repository(aws: Clients, name: str) -> None:
    ecr = aws["ecr"]
    with suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=name)
