"""A secret that a host fetches or decrypts, named by where it is and never by what it is."""

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
from porter_cdk.tokens import DeployTimeValues

Source = secretsmanager.ISecret | ssm.IParameter | Command | str
"""A construct, a command, or the name of what exists already."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret of Secrets Manager, a parameter of Systems Manager, or what a command prints.

    Made by `from_secrets_manager`, `from_parameter` and `from_command`. The host's role, and not
    the workloads', is allowed to read it.
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
        """A secret of Secrets Manager: `secret` is a construct, or the name or ARN of one.

        field: take this one field of a secret that is a JSON object. Default: all of it.
        version: the id or the stage of a version. Default: AWSCURRENT.
        file: hand it over as a file, whose path is in `NAME_FILE`: for values of several lines.

        A secret with a KMS key of its own has to be a construct that knows the key
        (`secretsmanager.Secret.from_secret_attributes(..., encryption_key=key)`). Raises
        `SpecError` for what is neither.
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
        """A parameter of Systems Manager, decrypted: `parameter` is a construct, or a name.

        version: its number. Default: the latest.
        file: hand it over as a file, whose path is in `NAME_FILE`: for values of several lines.

        One with a KMS key of its own has to be a construct that knows the key
        (`ssm.StringParameter.from_secure_string_parameter_attributes(..., encryption_key=key)`).
        Raises `SpecError` for what is neither.
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
        """What `command` prints where the app is synthesized, encrypted on its way to the hosts.

        It is an argument list, run once a synthesis, without a shell; the end of its last line is
        left out. Another output is a new release.

        key: a KMS key that exists already: its ARN, its alias (`alias/hello`), or a construct that
            knows its ARN (`kms.Key.from_key_arn`). Who synthesizes needs `kms:GenerateDataKey` and
            `kms:Decrypt`; the hosts are granted what they need.
        field: take this one field of an output that is a JSON object. Default: all of it.
        file: hand it over as a file, whose path is in `NAME_FILE`: for values of several lines.

        Raises `SpecError` for what cannot be run, and for a key that only the stack will make.
        """
        return cls(command_of(command, key, field), "command", "", "", file)

    def grant(self, scope: Construct, id: str, role: iam.IRole) -> None:  # noqa: A002 - the CDK's name
        """Let `role` read it, and nothing else; what has to be imported for that is `id`."""
        source = self.source
        if isinstance(source, Command):
            _ = source.value  # what fails, fails here and not at the end of synthesis
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
        """This secret as the host will know it: `field` names it where it is refused."""
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
"""Names of variables, and what is in them."""


def check_secrets(secrets: Secrets | None, below: str = "") -> None:
    """Raise `SpecError` for what is no `Secret`."""
    for name, secret in (secrets or {}).items():
        if not isinstance(secret, Secret):
            raise SpecError(
                f"must be a Secret, got a {type(secret).__name__}",
                where=f"{below}secrets/{name}",
                cure="write Secret.from_secrets_manager(...)",
            )


def specified(
    secrets: Secrets | None, values: DeployTimeValues, below: str = "", *, files: bool
) -> dict[str, spec.Secret]:
    """Those that are handed over as `files`, or those that are not, as the host knows them."""
    return {
        name: secret.spec(values, f"{below}secrets/{name}")
        for name, secret in sorted((secrets or {}).items())
        if secret.file is files
    }


def grant_all(secrets: Secrets | None, scope: Construct, name: str, role: iam.IRole) -> None:
    """Let the host's `role` read what the workload `name` is to have."""
    for variable, secret in sorted((secrets or {}).items()):
        try:
            secret.grant(scope, f"Secret-{name}-{variable}", role)
        except SpecError as error:
            raise error.below(f"secrets/{variable}") from None


_STAND_IN = spec.Encrypted(ciphertext="bm9uZQ==", data_key="bm9uZQ==", key="none", stack="none")
"""As long as a specification is only checked, no command is run."""


def _imported(scope: Construct, id: str, name: str) -> secretsmanager.ISecret:  # noqa: A002 - as above
    if name.startswith("arn:") and not Token.is_unresolved(name):
        return secretsmanager.Secret.from_secret_complete_arn(scope, id, name)
    return secretsmanager.Secret.from_secret_name_v2(scope, id, name)


def _identity(source: secretsmanager.ISecret | ssm.IParameter | str) -> str:
    if isinstance(source, str):
        return source
    name: str = getattr(source, "secret_arn", "") or source.parameter_name  # type: ignore[union-attr]
    return name
