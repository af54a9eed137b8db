"""The app of the shared host: containers from each source, an AWS SDK, and secrets of each kind."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.booted.one_host import programs
from tests.booted.python_image import python_image
from tests.booted.sdk import bring_boto3
from tests.booted.tiny_image import TinyImage, digest
from tests.harness.sandbox import Sandbox

APP = """\
import sys
import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr, aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager, aws_ssm as ssm
from porter_cdk import Check, Container, HealthCheck, Job, PorterService, Process, Secret, Setup

app = cdk.App()
stack = cdk.Stack(app, "Hello")


def generated(name, secret_name, template, field):
    return secretsmanager.Secret(
        stack, name, secret_name=secret_name,
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template=template, generate_string_key=field, exclude_punctuation=True
        ),
    )


images = ecr.Repository(
    stack, "Images", removal_policy=cdk.RemovalPolicy.DESTROY, empty_on_delete=True
)
login = generated("Login", "hello/login", '{"username": "porter"}', "password")
database = generated("Database", "database", '{"user": "app"}', "password")
key = secretsmanager.Secret(stack, "Key", secret_name="key")
token = ssm.StringParameter(stack, "Token", parameter_name="/app/token", string_value="unset")
granted, refused = s3.Bucket(stack, "Granted"), s3.Bucket(stack, "Refused")


def vault(name, shape="{}"):
    made = "hashlib.sha256(sys.argv[1].encode()).hexdigest()"
    program = f"import hashlib, sys; print(sys.argv[2].replace('{{}}', {made}))"
    return [sys.executable, "-c", program, name, shape]


secrets = {
    "PRINTED": Secret.from_command(vault("printed"), key="alias/hello"),
    "PART": Secret.from_command(vault("part", '{"part": "{}"}'), key="alias/hello", field="part"),
    "PEM": Secret.from_command(vault("pem", "begin-{}\\nend-{}"), key="alias/hello", file=True),
    "PASSWORD": Secret.from_secrets_manager(database, field="password"),
    "DATABASE": Secret.from_secrets_manager("database"),
    "KEY": Secret.from_secrets_manager(key, file=True),
    "TOKEN": Secret.from_parameter(token),
    "FIRST_TOKEN": Secret.from_parameter("/app/token", version=1, file=True),
    "CURRENT": Secret.from_secrets_manager(database, field="password", version="AWSCURRENT"),
}
key_file = {"KEY": secrets["KEY"]}
files = {**key_file, "TOKEN": Secret.from_parameter(token, file=True)}
buckets = {"GRANTED": granted.bucket_name, "REFUSED": refused.bucket_name}
tick = ["/bin/sh", "-c", "n=0; while :; do n=$((n + 1)); echo tick $n; sleep 0.2; done"]
read = "id -u; busybox sha256sum $TOKEN_FILE $KEY_FILE; exec sleep 9999"


def check(timeout_seconds):
    return Check(
        ["python3", "check.py", granted.bucket_name],
        interval_seconds=2, timeout_seconds=timeout_seconds, healthy_threshold=2,
    )


def sdk(listens_on, **more):
    command = ["python3", "main.py", listens_on]
    return Process(command, source="service", environment=buckets, **more)


service = PorterService(
    stack, "Service",
    run=Container.from_tarball(
        "tiny.tar", port=8081, host_port=8010, environment={"COLOUR": "it's \\"blue\\" $HOME"},
        command=["/bin/sh", "-c", "exec httpd -f -p $PORT -h /www"],
    ),
    workers={
        "relaxed": Container.from_tarball(
            "tiny.tar", command=tick, user="root", read_only=False, tmpfs=["/scratch"],
            capabilities=["NET_RAW"], new_privileges=True, pids_limit=99, open_files=999,
            memory_mb=32, restarts=1, stop_seconds=2,
        ),
        "ecr": Container.from_ecr(images, digest="DIGEST", command=tick),
        "registry": Container.from_registry(
            images.repository_uri_for_tag("one"), allow_tag=True,
            credentials=Secret.from_secrets_manager("hello/login"),
        ),
        "app": sdk("8000"),
        "mail": sdk("9000", secrets=key_file, check=check(4)),
        "box": Container.from_tarball(
            "python.tar", command=["python3", "main.py", "9100", "0.0.0.0"],
            environment=buckets, secrets=key_file, check=check(9),
        ),
        "vault": Process(["python3", "vault.py"], source="vault", secrets=secrets),
        "reader": Container.from_tarball(
            "tiny.tar", command=["/bin/sh", "-c", read], tmpfs=["/tmp", "/run"], secrets=files,
            stop_seconds=1,
        ),
    },
    jobs={
        "report": Job(
            ["python3", "report.py"], source="vault", schedule="*:*:0/20",
            secrets={**key_file, "TOKEN": secrets["TOKEN"]},
        ),
    },
    setup=[Setup(
        "push", command=["python3", "push.py"], source="push",
        environment={"REPOSITORY": images.repository_uri},
    )],
    health_check=HealthCheck("/health"),
)
granted.grant_read(service)
for made in (login, database, key, token):
    service.node.add_dependency(made)
app.synth()
"""

_PEM = hashlib.sha256(b"pem").hexdigest()
PRINTED = {
    "PRINTED": hashlib.sha256(b"printed").hexdigest(),
    "PART": hashlib.sha256(b"part").hexdigest(),
    "PEM": f"begin-{_PEM}\nend-{_PEM}",
}
"""The output of the secrets' commands: digests, so that no file of the app contains it."""

WORKLOADS = ("web", "relaxed", "ecr", "registry", "app", "mail", "box", "vault", "reader")


def shared_app(sandbox: Sandbox) -> Path:
    """Write the app, whose setup step pushes an image to the embedded ECR."""
    image = TinyImage.build()
    app = sandbox.app(
        app=APP.replace("DIGEST", digest(image.manifest)),
        service__main=programs.SDK,
        service__check=programs.CHECK,
    )
    bring_boto3(app / "service" / "vendor")
    python_image(app / "service").save(app / "python.tar")
    image.save(app / "tiny.tar")
    for folder in ("push", "vault"):
        (app / folder).mkdir()
    image.lay_out(app / "push")
    push = programs.PUSH.replace("LAYER", digest(image.layer)).replace("CONFIG", image.id)
    (app / "push/push.py").write_text(push)
    (app / "vault/vault.py").write_text(programs.VAULT)
    (app / "vault/report.py").write_text(programs.REPORT)
    return app
