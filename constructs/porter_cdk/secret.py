"""A secret that hosts fetch or decrypt. The template contains its place, never its value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from porter import spec
from porter.aws.data_key import STACK
from porter.spec import SpecError
from porter_cdk.command import Command, command_of
from porter_cdk.data_key import data_key, stack_name
from porter_cdk.tokens import DeployTimeValues, check_mapping

Source = secretsmanager.ISecret | ssm.IParameter | Command | str
"""A construct, a command, or the name of an existing secret or parameter."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, made by `from_secrets_manager`, `from_parameter` or `from_command`.

    The role of the host may read it. The role of the programs may not.
    """

    source: Source
    store: spec.Store
    field: str
    version: str
    file: bool

    @classmethod
    def from_secrets_manager(
        cls,
        secret: secretsmanager.ISecret | str,
        *,
        field: str = "",
        version: str = "",
        file: bool = False,
    ) -> Secret:
        """Use a secret of AWS Secrets Manager.

        secret: a construct, a name, or an ARN. A secret with its own KMS key must be a construct
            with that key: `secretsmanager.Secret.from_secret_attributes(..., encryption_key=key)`.
        field: one field of a secret that is a JSON object. Default: the whole secret.
        version: the id or the stage of a version. Default: AWSCURRENT.
        file: write the value to a file whose path is in `NAME_FILE`. For values of several lines.

        Raises `SpecError` if `secret` is something else.
        """
        if not (isinstance(secret, str) or hasattr(secret, "secret_arn")):
            raise SpecError(
                f"must be a secret or its name, got {secret!r}",
                where="secret",
                cure="pass a secretsmanager.Secret",
            )
        return cls(secret, "secretsmanager", field, version, file)

    @classmethod
    def from_parameter(
        cls,
        parameter: ssm.IParameter | str,
        *,
        version: int | None = None,
        file: bool = False,
    ) -> Secret:
        """Use a parameter of AWS Systems Manager, decrypted.

        parameter: a construct or a name. A parameter with its own KMS key must be a construct:
            `ssm.StringParameter.from_secure_string_parameter_attributes(..., encryption_key=key)`.
        version: the number of a version. Default: the latest.
        file: write the value to a file whose path is in `NAME_FILE`. For values of several lines.

        Raises `SpecError` if `parameter` is something else.
        """
        if not (isinstance(parameter, str) or hasattr(parameter, "parameter_name")):
            raise SpecError(
                f"must be a parameter or its name, got {parameter!r}",
                where="parameter",
                cure="pass an ssm.StringParameter",
            )
        if isinstance(parameter, str) and parameter.startswith("arn:"):
            raise SpecError("must be a name, not an ARN", where="parameter")
        return cls(parameter, "ssm", "", "" if version is None else str(version), file)

    @classmethod
    def from_command(
        cls,
        command: Sequence[str],
        *,
        key: kms.IKey | str,
        field: str = "",
        file: bool = False,
    ) -> Secret:
        """Use the output of a command, encrypted with KMS until it reaches a host.

        command: an argument list without a shell. It runs once in each synthesis, and the last
            line break of its output is removed. A changed output is a new release.
        key: an existing KMS key: its ARN, its alias (`alias/hello`), or a construct with an ARN
            (`kms.Key.from_key_arn`). Synthesis needs `kms:GenerateDataKey` and `kms:Decrypt`;
            porter grants the hosts their permission.
        field: one field of an output that is a JSON object. Default: the whole output.
        file: write the value to a file whose path is in `NAME_FILE`. For values of several lines.

        Raises `SpecError` if the command fails, and for a key that the stack itself makes.
        """
        return cls(command_of(command, key, field), "command", "", "", file)

    def grant(self, scope: Construct, id: str, role: iam.IRole) -> None:  # noqa: A002 - the CDK's name
        """Let `role` read this secret only. A construct that this needs gets the id `id`."""
        source = self.source
        if isinstance(source, Command):
            _ = source.value  # a command that fails, fails here and not at the end of synthesis
            role.add_to_principal_policy(
                iam.PolicyStatement(
                    actions=["kms:Decrypt"],
                    resources=[data_key(scope, source.key).key],
                    conditions={
                        "StringEquals": {f"kms:EncryptionContext:{STACK}": stack_name(scope)}
                    },
                )
            )
            return
        if self.store == "ssm":
            if isinstance(source, str):
                source = ssm.StringParameter.from_secure_string_parameter_attributes(
                    scope, id, parameter_name=source
                )
        elif isinstance(source, str):
            source = _imported(scope, id, source)
        source.grant_read(role)

    def spec(self, values: DeployTimeValues, field: str) -> spec.Secret:
        """Return the host's form of this secret; `field` is its path in error messages."""
        if isinstance(self.source, Command):
            name = field.rpartition("/")[2]
            encrypted = self.source.encrypted(values.scope, name) if values.scope else _STAND_IN
            return spec.Secret(store="command", id=name, encrypted=encrypted)
        try:
            return spec.Secret(
                store=self.store,
                id=values.text(field, _identity(self.source)),
                field=self.field,
                version=self.version,
            )
        except SpecError as error:
            raise error.below(field) from None


Secrets = Mapping[str, Secret]
"""Secrets by the name of their variable."""


def check_secrets(secrets: Secrets | None, below: str = "") -> None:
    """Raise `SpecError` for a value that is not a `Secret`."""
    check_mapping(f"{below}secrets", secrets, '{"NAME": Secret.from_secrets_manager(...)}')
    for name, secret in (secrets or {}).items():
        check_secret(secret, f"{below}secrets/{name}")


def check_secret(secret: object, where: str) -> None:
    """Raise `SpecError` unless `secret` is a `Secret`."""
    if not isinstance(secret, Secret):
        raise SpecError(
            f"must be a Secret, got a {type(secret).__name__}",
            where=where,
            cure="write Secret.from_secrets_manager(...)",
        )


def specified(
    secrets: Secrets | None, values: DeployTimeValues, below: str = "", *, files: bool
) -> dict[str, spec.Secret]:
    """Return the host's form of the secrets in files, or else of those in variables."""
    return {
        name: secret.spec(values, f"{below}secrets/{name}")
        for name, secret in sorted((secrets or {}).items())
        if secret.file is files
    }


def grant_all(secrets: Secrets | None, scope: Construct, name: str, role: iam.IRole) -> None:
    """Let the host's `role` read the secrets of the program `name`."""
    for variable, secret in sorted((secrets or {}).items()):
        try:
            secret.grant(scope, f"Secret-{name}-{variable}", role)
        except SpecError as error:
            raise error.below(f"secrets/{variable}") from None


_STAND_IN = spec.Encrypted(ciphertext="bm9uZQ==", data_key="bm9uZQ==", key="none", stack="none")
"""Replaces the output of a command while a specification is only checked."""


def _imported(scope: Construct, id: str, name: str) -> secretsmanager.ISecret:  # noqa: A002 - as above
    if name.startswith("arn:") and not Token.is_unresolved(name):
        return secretsmanager.Secret.from_secret_complete_arn(scope, id, name)
    return secretsmanager.Secret.from_secret_name_v2(scope, id, name)


def _identity(source: secretsmanager.ISecret | ssm.IParameter | str) -> str:
    if isinstance(source, str):
        return source
    name: str = getattr(source, "secret_arn", "") or source.parameter_name  # type: ignore[union-attr]
    return name
