"""TLS between the load balancer and the hosts."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct

from porter import spec
from porter.spec import SpecError
from porter_cdk.secret import Secret, check_secret
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """The certificate of HAProxy on the hosts, for the connection from the load balancer.

    certificate: a secret with a certificate chain in PEM, the host's own certificate first. It
        also contains the private key, unless `private_key` is given. The load balancer does not
        verify the certificate, so it may be self-signed.
    private_key: a secret with the unencrypted private key in PEM. Default: in `certificate`.
    min_version: the oldest TLS version that HAProxy accepts, "1.2" or "1.3". Default: "1.2".

    Raises `SpecError`, which names the field, for values that no host accepts.
    """

    certificate: Secret
    private_key: Secret | None = None
    min_version: spec.TlsVersion = "1.2"

    def __post_init__(self) -> None:
        check_secret(self.certificate, "tls/certificate")
        if self.private_key is not None:
            check_secret(self.private_key, "tls/private_key")
        self.spec(DeployTimeValues())

    def grant(self, scope: Construct, role: iam.IRole) -> None:
        """Let the host's `role` read the secrets."""
        self.certificate.grant(scope, "Secret-tls-certificate", role)
        if self.private_key:
            self.private_key.grant(scope, "Secret-tls-private-key", role)

    def spec(self, values: DeployTimeValues) -> spec.Tls:
        """Return the host's form of this certificate; add its CDK tokens to `values`."""
        key = self.private_key
        try:
            return spec.Tls(
                certificate=self.certificate.spec(values, "tls/certificate"),
                private_key=key.spec(values, "tls/private_key") if key else None,
                min_version=self.min_version,
            )
        except SpecError as error:
            where = error.where.removeprefix("tls/")
            raise SpecError(error.what, where=f"tls/{where}", cure=error.cure) from None
