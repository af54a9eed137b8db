"""An app of containers, each from another source, strict or relaxed."""

from __future__ import annotations

from pathlib import Path

from tests.booted.tiny_image import TinyImage, digest
from tests.harness.sandbox import Sandbox

APP = """
import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_secretsmanager as secretsmanager
from porter_cdk import Container, HealthCheck, PorterService, Process, Secret, Setup

app = cdk.App()
stack = cdk.Stack(app, "Hello")
images = ecr.Repository(
    stack, "Images", removal_policy=cdk.RemovalPolicy.DESTROY, empty_on_delete=True
)
secretsmanager.Secret(
    stack, "Login", secret_name="hello/login",
    generate_secret_string=secretsmanager.SecretStringGenerator(
        secret_string_template='{"username": "porter"}', generate_string_key="password"
    ),
)
tick = ["/bin/sh", "-c", "n=0; while :; do n=$((n + 1)); echo tick $n; sleep 0.2; done"]
PorterService(
    stack, "Service",
    run=Container.from_tarball(
        "image.tar", port=8081, host_port=8010, environment={"COLOUR": "it's \\"blue\\" $HOME"},
        command=["/bin/sh", "-c", "exec httpd -f -p $PORT -h /www"],
    ),
    workers={
        "relaxed": Container.from_tarball(
            "image.tar", command=tick, user="root", read_only=False, tmpfs=["/scratch"],
            capabilities=["NET_RAW"], new_privileges=True, pids_limit=99, open_files=999,
            memory_mb=32, restarts=1, stop_seconds=2,
        ),
        "ecr": Container.from_ecr(images, digest="DIGEST", command=tick),
        "registry": Container.from_registry(
            images.repository_uri_for_tag("one"), allow_tag=True,
            credentials=Secret.from_secrets_manager("hello/login"),
        ),
        "process": Process(["sleep", "3600"], source="service"),
    },
    setup=[Setup(
        "push", command=["python3", "push.py"], source="push",
        environment={"REPOSITORY": images.repository_uri},
    )],
    health_check=HealthCheck("/health"),
)
app.synth()
"""

PUSH = """
import http.client, os

host, _, name = os.environ["REPOSITORY"].partition("/")

def ask(verb, path, content=b"", kind="application/octet-stream"):
    connection = http.client.HTTPSConnection(host, timeout=20)
    connection.request(verb, path, content, {"Content-Type": kind})
    answer = connection.getresponse()
    said = answer.read()
    assert answer.status < 300, (verb, path, answer.status, said)
    return answer.headers

for part, digest in (("layer", "LAYER"), ("config", "CONFIG")):
    place = ask("POST", f"/v2/{name}/blobs/uploads/")["Location"]
    ask("PUT", f"{place}?digest={digest}", open(part, "rb").read())
kind = "application/vnd.docker.distribution.manifest.v2+json"
ask("PUT", f"/v2/{name}/manifests/one", open("manifest", "rb").read(), kind)
"""


def app_with_containers(sandbox: Sandbox) -> Path:
    """The app, whose setup step pushes the image to the embedded ECR."""
    image = TinyImage.build()
    app = sandbox.app("containers", app=APP.replace("DIGEST", digest(image.manifest)))
    image.save(app / "image.tar")
    (app / "push").mkdir()
    image.lay_out(app / "push")
    script = PUSH.replace("LAYER", digest(image.layer)).replace("CONFIG", image.id)
    (app / "push/push.py").write_text(script)
    return app
