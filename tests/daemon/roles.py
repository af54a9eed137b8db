"""The two roles of a host in the embedded AWS, and an STS whose sessions are short."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from porter.aws.clients import Clients
from tests.daemon.loopback import Handler, Server

BUCKET, OTHER = "granted", "refused"


def trusting(principal: dict[str, str]) -> str:
    """A trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Sts(Server):
    """An STS that gives sessions of `lifetime_seconds`, or refuses with `status`."""

    def __init__(self, lifetime_seconds: float) -> None:
        super().__init__(StsHandler)
        self.lifetime = timedelta(seconds=lifetime_seconds)
        self.status = 200
        self.calls = 0


class StsHandler(Handler):
    """Answers for an `Sts`."""

    server: Sts

    def do_POST(self) -> None:  # noqa: N802 - the base class names it
        """Answer AssumeRole."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls += 1
        expires = (datetime.now(UTC) + self.server.lifetime).isoformat()
        given = (
            f"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>K{self.server.calls}"
            "</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            f"<Expiration>{expires}</Expiration></Credentials></AssumeRoleResult>"
            "</AssumeRoleResponse>"
        )
        refused = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
        self.answer(self.server.status, (given if self.server.status == 200 else refused).encode())


class Roles:
    """A host's role, and the service role as the constructs make it."""

    def __init__(self, aws: Clients) -> None:
        iam, s3 = aws["iam"], aws["s3"]
        self.aws = aws
        host = trusting({"Service": "ec2.amazonaws.com"})
        self.host: str = self._create("Host", host)
        self.service: str = self._create("Service", trusting({"AWS": self.host}))
        for bucket in (BUCKET, OTHER):
            s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
            s3.put_object(Bucket=bucket, Key="a", Body=b"the object")
        allowed = {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName="Service", PolicyName="grants", PolicyDocument=document)

    def _create(self, name: str, trust: str) -> str:
        made = self.aws["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        arn: str = made["Role"]["Arn"]
        return arn

    def trust(self, principal: dict[str, str]) -> None:
        """Let `principal` alone assume the service role."""
        self.aws["iam"].update_assume_role_policy(
            RoleName="Service", PolicyDocument=trusting(principal)
        )
