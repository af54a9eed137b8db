"""In the embedded AWS, with signatures and IAM, a role can fetch its assets and nothing else."""

import json
from pathlib import Path

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator

from .cloud import BUCKET, REGION, Cloud
from .conftest import Host

TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com", "AWS": "123456789012"},
        "Action": "sts:AssumeRole",
    },
}


@pytest.fixture(scope="module")
def aws(emulator: Emulator) -> Clients:
    """The account's root, with the asset bucket in place."""
    aws = account.clients(Environment(account="123456789012", region=REGION), emulator.endpoint)
    location = {"LocationConstraint": REGION}
    aws["s3"].create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    return aws


def role(aws: Clients, name: str, *keys: str) -> dict[str, str]:
    """Credentials of a new role that may read the objects `keys`."""
    arns = [f"arn:aws:s3:::{BUCKET}/{key}" for key in keys]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": arns}
    policy = {"Version": "2012-10-17", "Statement": statement}
    made = aws["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    aws["iam"].put_role_policy(
        RoleName=name, PolicyName="assets", PolicyDocument=json.dumps(policy)
    )
    assumed = aws["sts"].assume_role(RoleArn=made["Role"]["Arn"], RoleSessionName="i-1")
    credentials = dict(assumed["Credentials"])
    token = credentials.pop("SessionToken")
    return {**credentials, "Token": token, "Expiration": "2099-01-01T00:00:00Z"}


@pytest.fixture
def uploaded(host: Host, aws: Clients) -> Host:
    for path, content in host.cloud.objects.items():
        key = Path(path).name
        aws["s3"].put_object(Bucket=BUCKET, Key=key, Body=content)
    return host


def test_a_role_for_exactly_these_objects_is_enough(
    uploaded: Host, cloud: Cloud, aws: Clients, emulator: Emulator
) -> None:
    cloud.role = role(aws, "enough", "payload.tar.gz", "bundle.tar.xz")
    done = uploaded.boot(endpoint=emulator.endpoint)
    assert done.returncode == 0, done.stdout + done.stderr
    assert uploaded.applied()["argv"] == ["host", "apply"]


def test_a_missing_permission_fails_here_and_not_on_ec2(
    uploaded: Host, cloud: Cloud, aws: Clients, emulator: Emulator
) -> None:
    cloud.role = role(aws, "too-little", "payload.tar.gz")
    assert uploaded.boot(endpoint=emulator.endpoint).returncode == 1
    ((_, _, signal),) = cloud.signals
    assert signal["Reason"].startswith("bootstrap: bundle: <HTTPError 403: 'Forbidden'>, clock: ")


def test_a_wrong_secret_key_is_refused(
    uploaded: Host, cloud: Cloud, aws: Clients, emulator: Emulator
) -> None:
    """The tests above depend on this: the embedded AWS verifies signatures."""
    good = role(aws, "forged", "payload.tar.gz", "bundle.tar.xz")
    cloud.role = {**good, "SecretAccessKey": "x" + good["SecretAccessKey"][1:]}
    assert uploaded.boot(endpoint=emulator.endpoint).returncode == 1
    ((_, _, signal),) = cloud.signals
    assert "HTTPError 403" in signal["Reason"]
