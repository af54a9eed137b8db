"""Secrets that a host cannot read or use; the host reports them before it starts a program."""

from __future__ import annotations

from tests.failures.rows import QUICK, RELEASE, Failure

_SERVICES = "from aws_cdk import aws_iam as iam, aws_secretsmanager, aws_ssm"
_IMPORTS = (
    ("PorterService, Process", "PorterService, Process, Secret, Tls"),
    ("import aws_cdk as cdk", f"import aws_cdk as cdk\n{_SERVICES}"),
)
_PARAMETER = 'aws_ssm.StringParameter(stack, "Parameter", parameter_name="/token", string_value='
_REFUSED = "porter host apply: phase secrets: workloads/0/secrets/TOKEN: cannot read the parameter "
_DENY = 'iam.PolicyStatement(effect=iam.Effect.DENY, actions=["ssm:GetParameter"], resources=["*"])'


def _given(secret: str, *, made: str = "", after: str = "") -> tuple[tuple[str, str], ...]:
    """Return the template's process with this secret as `$TOKEN`, and with the resource `made`."""
    return (
        *_IMPORTS,
        ("PorterService(\n", f"{made}\nservice = PorterService(\n"),
        ("port=8000)", f'port=8000, secrets={{"TOKEN": {secret}}})'),
        ("app.synth()", f"{after}\napp.synth()"),
    )


def _certificate(pem: str) -> tuple[tuple[str, str], ...]:
    """Return the template with TLS, with `pem` as its certificate and key."""
    return (
        *_IMPORTS,
        ("PorterService(\n", f"pem = {_PARAMETER}{pem!r})\nservice = PorterService(\n"),
        (
            'HealthCheck("/health"),',
            'HealthCheck("/health"), tls=Tls(certificate=Secret.from_parameter(pem)),',
        ),
        ("app.synth()", "service.node.add_dependency(pem)\napp.synth()"),
    )


SECRETS = (
    Failure(
        name="secret-missing",
        tier=QUICK,
        edits=_given('Secret.from_parameter("/token")'),
        seen=f"{_REFUSED}'/token': ParameterNotFound",
        why="The account and region have no such secret or parameter.",
        cure="Create the secret before the deployment, or in the stack.",
    ),
    Failure(
        name="secret-denied",
        edits=_given(
            "Secret.from_parameter(made)",
            made=f'made = {_PARAMETER}"x")',
            after=f"service.node.add_dependency(made)\n"
            f"service.host.role.add_to_principal_policy({_DENY})",
        ),
        within=30,
        seen=f"{_REFUSED}'/token': AccessDeniedException…",
        why="A policy denies what porter granted to the host's role. porter asks again for 12 "
        "seconds, because the permissions of a new role take that long.",
        cure="Check the secret's KMS key and resource policy, the permission boundaries and the "
        "service control policies.",
    ),
    Failure(
        name="secret-field",
        tier=RELEASE,
        booted_too=False,
        edits=_given(
            'Secret.from_secrets_manager(made, field="password")',
            made='made = aws_secretsmanager.Secret(stack, "Database")',
            after="service.node.add_dependency(made)",
        ),
        seen="porter host apply: phase secrets: workloads/0/secrets/TOKEN: secret …"
        "is not a JSON object, so it has no fields",
        why="The app asks for one field of the secret, but the value is not a JSON object.",
        cure="Store a JSON object, or omit `field=`.",
    ),
    Failure(
        name="certificate-broken",
        booted_too=False,
        edits=_certificate("not PEM"),
        seen="porter host apply: phase …: proxy/tls: is no certificate with its private key: …",
        why="The secret of `Tls` does not contain PEM, or the key belongs to another certificate.",
        cure="Store both as PEM: the host's own certificate first, and the key without a "
        "passphrase.",
    ),
)
