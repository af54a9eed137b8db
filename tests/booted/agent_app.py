"""An app whose hosts run stand-ins for both agents, and a receiver beside them."""

from __future__ import annotations

from pathlib import Path

from tests.booted.agent_packages import STAND_INS, certificate, cloudwatch_stand_in, stand_in
from tests.booted.tiny_image import TinyImage
from tests.harness.sandbox import Sandbox

SERVICE = """\
import http.server, os

class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print("asked for", self.path, flush=True)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

print("the service says hello", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""
PREPARE = """\
set -e
install -m 0644 receiver.pem /etc/ssl/receiver.pem
install -m 0644 receiver.pem /usr/local/share/ca-certificates/receiver.crt
update-ca-certificates
systemd-run --unit=packages --working-directory="$PWD" python3 packages.py
echo 'a line of a file' > /var/log/shared.log
chown root:adm /var/log/shared.log
chmod 0640 /var/log/shared.log
echo 'a line for root alone' > /var/log/private.log
chmod 0600 /var/log/private.log
"""
APP = """\
import os

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_secretsmanager as secretsmanager
from porter_cdk import *

app = cdk.App()
stack = cdk.Stack(app, "Hello")
asset = s3_assets.Asset(stack, "Splunk", path=os.path.abspath("splunkforwarder.deb"))
group = logs.LogGroup(stack, "Logs", log_group_name="hello-logs")
other = s3_assets.Asset(stack, "Other", path=os.path.abspath("other.deb"))
password = secretsmanager.Secret(
    stack, "Password", secret_name="splunk-password",
    generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True),
)
tick = ["/bin/sh", "-c", "while :; do echo a container ticks; sleep 2; done"]
service = PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    setup=[
        Setup("prepare", command=["sh", "prepare.sh"], source="receiver"),
        Setup(
            "other",
            command=["true"],
            environment={"KEY": other.s3_object_key, "SHA256": "{other}"},
        ),
    ],
    workers={
        "receiver": Process(["python3", "receiver.py"], source="receiver"),
        "tick": Container.from_tarball("image.tar", command=tick),
    },
    splunk=SplunkForwarder(
        Package.from_s3(asset.bucket, asset.s3_object_key, sha256="{sha256}"),
        accept_license=True,
        receivers=["localhost:9997"],
        deployment_server="localhost:8089",
        inputs=[
            Journal(["porter-web.service"]),
            HaproxyLog(),
            Containers(),
            Files("/var/log/shared.log", group="adm"),
            Files("/var/log/private.log"),
        ],
        index="porter",
        ca_file="/etc/ssl/receiver.pem",
        admin_password=Secret.from_secrets_manager(password),
    ),
    cloudwatch=CloudWatchAgent(
        logs=[Journal(["porter-web.service"])],
        log_group=group,
        metrics=["mem_used_percent"],
        namespace="hello",
        interval=cdk.Duration.seconds(10),
        package=Package.from_url(
            "https://localhost:8443/amazon-cloudwatch-agent.deb", sha256="{agent}"
        ),
    ),
)
other.grant_read(service.host.role)
service.host.auto_scaling_group.node.add_dependency(password)
app.synth()
"""


def app_with_splunk(
    sandbox: Sandbox, folder: str, sha256: str = "", *, refuses: bool = False
) -> Path:
    """Write an app that logs to a receiver on its host; `sha256` is by default the package's.

    With `refuses`, Splunk refuses its licence.
    """
    app = sandbox.app(folder, service__main=SERVICE)
    deb = stand_in(app, refuses=refuses)
    other = stand_in(app, "other.deb", refuses=True)
    receiver = app / "receiver"
    receiver.mkdir()
    certificate(receiver)
    (receiver / "prepare.sh").write_text(PREPARE)
    for name, stands_in in {"receiver": "indexer", "packages": "packages"}.items():
        (receiver / f"{name}.py").write_text((STAND_INS / stands_in).read_text())
    TinyImage.build().save(app / "image.tar")
    digests = {"sha256": sha256 or deb.sha256, "other": other.sha256}
    digests["agent"] = cloudwatch_stand_in(receiver).sha256
    text = APP
    for name, digest in digests.items():
        text = text.replace(f"{{{name}}}", digest)
    (app / "app.py").write_text(text)
    return app
