"""A service, a container and a job with secrets; each tells by digests which values it has."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tests.booted.tiny_image import TinyImage
from tests.harness.sandbox import Sandbox

APP = """\
import sys
import aws_cdk as cdk
from aws_cdk import aws_secretsmanager as secretsmanager, aws_ssm as ssm
from porter_cdk import Container, Job, PorterService, Process, Secret

app = cdk.App()
stack = cdk.Stack(app, "Hello")
template = '{"user": "app"}'
generated = secretsmanager.SecretStringGenerator(
    secret_string_template=template, generate_string_key="password", exclude_punctuation=True)
database = secretsmanager.Secret(
    stack, "Database", secret_name="database", generate_secret_string=generated)
key = secretsmanager.Secret(stack, "Key", secret_name="key")
token = ssm.StringParameter(stack, "Token", parameter_name="/app/token", string_value="unset")
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
files = {"KEY": secrets["KEY"], "TOKEN": Secret.from_parameter(token, file=True)}
tell = "id -u; busybox sha256sum $TOKEN_FILE $KEY_FILE; exec sleep 9999"
service = PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000, secrets=secrets),
    workers={
        "box": Container.from_tarball(
            "image.tar", command=["/bin/sh", "-c", tell], tmpfs=["/tmp", "/run"], secrets=files),
    },
    jobs={
        "report": Job(
            ["python3", "report.py"], source="service", schedule="*:*:0/10",
            secrets={"KEY": secrets["KEY"], "TOKEN": secrets["TOKEN"]}),
    },
)
for made in (database, key, token):
    service.node.add_dependency(made)
app.synth()
"""

SERVICE = """\
import hashlib, json, os, pathlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

names = ("PASSWORD", "DATABASE", "TOKEN", "CURRENT", "PRINTED", "PART")
values = {name: os.environ[name] for name in names}
for name in ("KEY", "FIRST_TOKEN", "PEM"):
    values[name] = pathlib.Path(os.environ[name + "_FILE"]).read_text()
digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in values.items()}


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(digests).encode())


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""

REPORT = """\
import hashlib, os, pathlib

for name, text in (
    ("TOKEN", os.environ["TOKEN"]),
    ("KEY", pathlib.Path(os.environ["KEY_FILE"]).read_text()),
):
    print(f"{hashlib.sha256(text.encode()).hexdigest()}  /{name}")
"""


_PEM = hashlib.sha256(b"pem").hexdigest()
PRINTED = {
    "PRINTED": hashlib.sha256(b"printed").hexdigest(),
    "PART": hashlib.sha256(b"part").hexdigest(),
    "PEM": f"begin-{_PEM}\nend-{_PEM}",
}
"""What the commands print: digests, so that no file of the app has them."""


def app_with_secrets(sandbox: Sandbox) -> Path:
    """The app, whose container is made of a tiny image."""
    app = sandbox.app(app=APP, service__main=SERVICE, service__report=REPORT)
    TinyImage.build().save(app / "image.tar")
    return app
