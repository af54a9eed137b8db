"""An app with TLS up to its host, its certificates, and requests to its HAProxy."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request
from pathlib import Path

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.machines.vpc import authority
from tests.booted import mirror
from tests.harness.sandbox import Sandbox
from tests.harness.staying import Staying

APP = """
import pathlib
import boto3
import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from porter_cdk import HealthCheck, Http, PorterService, Process, Secret, Setup, Tls

app = cdk.App()
stack = cdk.Stack(app, "Hello")
# As somebody would who has a certificate: past CloudFormation, and so past its templates.
pem = pathlib.Path("FIRST").read_text()
boto3.client("secretsmanager").create_secret(Name="certificate", SecretString=pem)
arn = "arn:aws:acm:us-east-1:000000000000:certificate/0"
PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
    packages=["python3.11", "tree", "sqlite"],
    tls=Tls(certificate=Secret.from_secrets_manager("certificate")),
    http=Http(redirect_to_https=True, deny_paths=["/admin"]),
    certificate=acm.Certificate.from_certificate_arn(stack, "Certificate", arn),
    setup=[
        Setup(
            "listed", command=["sh", "-c", "ls > /run/listed"], source="service", exclude=["*.md"]
        ),
        Setup("mirror", command=["cp", "--recursive", ".", "/opt/mirror"], source="mirror"),
    ],
)
app.synth()
"""

SHOWN = "openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null | openssl x509"


def app_with_tls(sandbox: Sandbox, pem: Path) -> Path:
    """Write the app, whose host has the certificate `pem` at first, and a package mirror."""
    app = sandbox.app(app=APP.replace("FIRST", str(pem)))
    (app / "service" / "notes.md").write_text("not for the host\n")
    mirror.lay_out(app / "mirror")
    return app


def issued(folder: Path, name: str) -> str:
    """Issue a certificate; return it with its key."""
    file = folder / f"{name}.pem"
    authority.issue(["web.amazonaws.com"], certificate=folder / f"{name}.root", server=file)
    return file.read_text()


def status(there: Staying, path: str, **headers: str) -> int:
    """Return the status of a request through the load balancer, without following redirects."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: object) -> None:
            return None

    request = urllib.request.Request(there.url + path.lstrip("/"))
    for header, value in headers.items():
        request.add_header(header.replace("_", "-"), value)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as answer:
        return answer.code


def shown(there: Staying) -> bytes:
    """Return the certificate that the host's HAProxy serves; empty without an answer."""
    done = there.attempt("sh", "-c", SHOWN)
    return ssl.PEM_cert_to_DER_cert(done.stdout.strip()) if "BEGIN" in done.stdout else b""


def certificate(pem: str) -> bytes:
    """Return the first certificate in `pem`, as DER."""
    end = "-----END CERTIFICATE-----"
    start = pem.index("-----BEGIN CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(pem[start : pem.index(end) + len(end)])


def rotated(there: Staying, pem: str) -> None:
    """Replace the secret's value by `pem`."""
    aws = clients(Environment(), there.endpoint)["secretsmanager"]
    aws.put_secret_value(SecretId="certificate", SecretString=pem)
