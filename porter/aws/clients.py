"""The only module that uses boto3: clients for one account and region, created on first use."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError

if TYPE_CHECKING:
    import boto3
    import botocore.session
    from botocore.config import Config


class Patience(NamedTuple):
    """Seconds to connect, seconds to read, and tries per call (jittered by botocore)."""

    connect: float
    read: float
    attempts: int


PATIENT = Patience(connect=5, read=30, attempts=4)
URGENT = Patience(connect=2, read=5, attempts=2)
"""For a call that must be over before something else times out."""

ERRORS = (BotoCoreError, ClientError)
"""What a client raises: AWS did not answer, or refused."""


class Clients:
    """AWS with one set of credentials in one region.

    Without `access_key` the SDK's own chain applies, which begins with `profile`. Without `region`
    the region is the one that the cdk CLI would use (boto3 alone does not read AWS_REGION).
    `endpoint` replaces AWS by another server, in path style and past any proxy. Without `may_ask`,
    credentials that need an MFA code are refused. A client raises one of `ERRORS`.
    """

    def __init__(  # noqa: PLR0913 - a session in a place
        self,
        *,
        region: str | None,
        profile: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        session_token: str | None = None,
        endpoint: str | None = None,
        on_host: bool = False,
        may_ask: bool = True,
        patience: Patience = PATIENT,
    ) -> None:
        import boto3  # noqa: PLC0415 - 0.15 s of a core, which a rehearsal has while it waits

        self._endpoint = endpoint
        self._patience = patience
        self._authorities = _authorities() if on_host else None
        self._session = boto3.Session(
            aws_access_key_id=access_key,
            aws_secret_access_key=secret_key,
            aws_session_token=session_token,
            region_name=region,
            profile_name=profile,
            botocore_session=_session_without_files(patience) if endpoint or on_host else None,
        )
        if not may_ask:
            _never_ask(self._session)
        self.region: str = (
            region or os.environ.get("AWS_REGION") or self._session.region_name or "us-east-1"
        )
        self._made: dict[str, Any] = {}

    @classmethod
    def of_host(cls, region: str, patience: Patience = PATIENT) -> Clients:
        """AWS with the role of the EC2 host this runs on; `~/.aws` is ignored.

        It trusts the system's certificate authorities, so a company's own authority works. The
        SDKs' variables apply (`AWS_ENDPOINT_URL`).
        """
        return cls(region=region, on_host=True, patience=patience)

    def __getitem__(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """Return the client of `service` (`"s3"`, `"autoscaling"`)."""
        if service not in self._made:
            self._made[service] = self._session.client(
                service,
                self.region,
                endpoint_url=self._endpoint,
                config=self._config(),
                verify=self._authorities,
            )
        return self._made[service]

    def in_role(self, arn: str, **options: Any) -> Clients:  # noqa: ANN401 - the API's own
        """AWS with the role `arn` for the next hour; raises one of `ERRORS` if AWS refuses.

        `options` are those of AssumeRole (`ExternalId="..."`).
        """
        sts = self["sts"]
        answer = sts.assume_role(RoleArn=arn, RoleSessionName="porter", **options)["Credentials"]
        return Clients(
            region=self.region,
            access_key=answer["AccessKeyId"],
            secret_key=answer["SecretAccessKey"],
            session_token=answer["SessionToken"],
            endpoint=self._endpoint,
        )

    def _config(self) -> Config:
        from botocore.config import Config  # noqa: PLC0415 - as above

        return Config(
            connect_timeout=self._patience.connect,
            read_timeout=self._patience.read,
            retries={"mode": "standard", "total_max_attempts": self._patience.attempts},
            **(_ELSEWHERE if self._endpoint else {}),
        )


_ELSEWHERE: dict[str, Any] = {
    "proxies": {},
    "s3": {"addressing_style": "path"},
    "use_fips_endpoint": False,
    "use_dualstack_endpoint": False,
}


_AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
"""The system's authorities in one file: on Debian and Ubuntu, on Amazon Linux."""


def _authorities() -> str | None:
    """The system's authorities; with None botocore uses AWS_CA_BUNDLE, else its own."""
    if "AWS_CA_BUNDLE" in os.environ:
        return None
    return next((path for path in _AUTHORITIES if os.path.exists(path)), None)  # noqa: PTH110


def _never_ask(session: boto3.Session) -> None:
    """Fail where botocore would ask the terminal for an MFA code."""

    def fail(_question: str) -> NoReturn:
        raise CredentialRetrievalError(provider="assume-role", error_msg="it needs an MFA code")

    resolver = session._session.get_component("credential_provider")  # noqa: SLF001 - no public name
    resolver.get_provider("assume-role")._prompter = fail  # noqa: SLF001


def _session_without_files(patience: Patience) -> botocore.session.Session:
    """A session that reads neither `~/.aws` nor AWS_PROFILE: both are for the real AWS."""
    import botocore.session  # noqa: PLC0415 - as above

    return botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            # The defaults (one second, one attempt) are too short for a host that boots.
            "metadata_service_timeout": (None, None, patience.connect, float),
            "metadata_service_num_attempts": (None, None, patience.attempts, int),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )
