"""The two roles of a host in the embedded AWS, and an STS with short sessions."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from porter.aws.clients import Clients
from tests.daemon.loopback import Handler, Server

BUCKET, OTHER = "granted", "refused"


def trusting(principal: dict[str, str]) -> str:
    """Return a trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Sts(Server):
    """An STS that gives sessions of `lifetime_seconds`, or refuses with `status`.

    `lifetimes` holds those of sessions that differ, in seconds, by their names.

    As strict as AWS with AssumeRole (AWS STS API reference, "AssumeRole" and "Common error types";
    IAM user guide, "Signature Version 4"): the request must be signed within five minutes with the
    credentials `caller`, of this version, and have valid parameters. `refused` holds the codes.
    """

    def __init__(self, lifetime_seconds: float, caller: Mapping[str, str]) -> None:
        super().__init__(StsHandler)
        self.lifetime = lifetime_seconds
        self.lifetimes: dict[str, float] = {}
        self.caller = Credentials(caller["AccessKeyId"], caller["SecretAccessKey"], caller["Token"])
        self.status = 200
        self.calls = 0
        self.refused: list[str] = []


class StsHandler(Handler):
    """The handler of an `Sts`."""

    server: Sts

    def do_POST(self) -> None:  # noqa: N802 - the base class names it
        """Answer AssumeRole."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls += 1
        parameters = dict(parse_qsl(body.decode()))
        status, code = self.trouble(body, parameters)
        if code:
            self.server.refused.append(code)
            answer = f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>"
        else:
            answer = self.session(parameters)
        self.answer(status, answer.encode(), Content_Type="text/xml")

    def trouble(self, body: bytes, parameters: dict[str, str]) -> tuple[int, str]:
        """Return status and code of a refusal, or 200 and an empty code."""
        if self.server.status != 200:
            return self.server.status, "AccessDenied"
        if code := self.trouble_of_signature(body):
            return 403, code
        if (parameters.get("Action"), parameters.get("Version")) != ("AssumeRole", "2011-06-15"):
            return 400, "InvalidAction"
        role, name = parameters.get("RoleArn", ""), parameters.get("RoleSessionName", "")
        if not re.fullmatch(r"arn:aws[\w-]*:iam::\d{12}:role/.+", role):
            return 400, "ValidationError"
        return (200, "") if re.fullmatch(r"[\w+=,.@-]{2,64}", name) else (400, "ValidationError")

    def trouble_of_signature(self, body: bytes) -> str:
        """Return the code with which AWS refuses the request's signature, if it does."""
        given = self.headers.get("Authorization", "")
        signed = re.search("SignedHeaders=([a-z0-9;-]+)", given)
        if not signed:
            return "MissingAuthenticationToken"
        if self.headers.get("X-Amz-Security-Token") != self.server.caller.token:
            return "InvalidClientTokenId"
        stamp = self.headers["X-Amz-Date"]
        when = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - when) > timedelta(minutes=5):
            return "RequestExpired"
        headers = {name: self.headers[name] for name in signed[1].split(";") if name != "host"}
        url = f"http://{self.headers['Host']}{self.path}"
        request = AWSRequest("POST", url, headers=headers, data=body)
        request.context["timestamp"] = stamp
        auth = SigV4Auth(self.server.caller, "sts", "eu-west-1")
        text = auth.string_to_sign(request, auth.canonical_request(request))
        scope = f"Credential={auth.scope(request)},"
        expected = auth.signature(text, request)
        right = scope in given and given.endswith(f"Signature={expected}")
        return "" if right else "SignatureDoesNotMatch"

    def session(self, parameters: dict[str, str]) -> str:
        """Return the session that the request asks for."""
        name = parameters["RoleSessionName"]
        seconds = self.server.lifetimes.get(name, self.server.lifetime)
        expires = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        role = parameters["RoleArn"].replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        return (
            "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>"
            f"<Arn>{role}/{name}</Arn></AssumedRoleUser><Credentials>"
            f"<AccessKeyId>K{self.server.calls}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            f"<SessionToken>t</SessionToken><Expiration>{expires}</Expiration></Credentials>"
            "</AssumeRoleResult></AssumeRoleResponse>"
        )


class Roles:
    """A host's role, and the service role as the constructs create it."""

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
        """Let only `principal` assume the service role."""
        self.aws["iam"].update_assume_role_policy(
            RoleName="Service", PolicyDocument=trusting(principal)
        )
