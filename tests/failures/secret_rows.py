"""Secrets that a host cannot have, or cannot use: told before anything starts."""

from __future__ import annotations

from tests.failures.rows import Failure

_SERVICES = "from aws_cdk import aws_iam as iam, aws_secretsmanager, aws_ssm"
_IMPORTS = (
    ("PorterService, Process", "PorterService, Process, Secret, Tls"),
    ("import aws_cdk as cdk", f"import aws_cdk as cdk\n{_SERVICES}"),
)
_PARAMETER = 'aws_ssm.StringParameter(stack, "Parameter", parameter_name="/token", string_value='
_REFUSED = "porter host apply: phase secrets: workloads/0/secrets/TOKEN: cannot read the parameter "
_DENY = 'iam.PolicyStatement(effect=iam.Effect.DENY, actions=["ssm:GetParameter"], resources=["*"])'


def _given(secret: str, *, made: str = "", after: str = "") -> tuple[tuple[str, str], ...]:
    """The template's process with this secret as `$TOKEN`, in a stack that makes `made`."""
    return (
        *_IMPORTS,
        ("PorterService(\n", f"{made}\nservice = PorterService(\n"),
        ("port=8000)", f'port=8000, secrets={{"TOKEN": {secret}}})'),
        ("app.synth()", f"{after}\napp.synth()"),
    )


def _certificate(pem: str) -> tuple[tuple[str, str], ...]:
    """The template with TLS, and this for a certificate and its key."""
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
        edits=_given('Secret.from_parameter("/token")'),
        seen=f"{_REFUSED}'/token': ParameterNotFound",
        why="There is no such secret or parameter in this account and region.",
        cure="Make it before the deployment, or in the stack.",
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
        why="The host's role is granted what the app names, but something denies it: asked for "
        "12 seconds, in which a new role's permissions arrive.",
        cure="Look at the secret's KMS key and resource policy, at permission boundaries and "
        "service control policies.",
    ),
    Failure(
        name="secret-field",
        booted_too=False,
        edits=_given(
            'Secret.from_secrets_manager(made, field="password")',
            made='made = aws_secretsmanager.Secret(stack, "Database")',
            after="service.node.add_dependency(made)",
        ),
        seen="porter host apply: phase secrets: workloads/0/secrets/TOKEN: secret …"
        "is not a JSON object, and so has no fields",
        why="One field of the secret is wanted, and its value is no JSON object.",
        cure="Store a JSON object, or leave `field=` out.",
    ),
    Failure(
        name="certificate-broken",
        booted_too=False,
        edits=_certificate("not PEM"),
        seen="porter host apply: phase …: proxy/tls: is no certificate with its private key: …",
        why="What the secret of `Tls` holds is no PEM, or its key is another certificate's.",
        cure="Store both as PEM, the host's own certificate first, the key unencrypted.",
    ),
)
