"""One rehearsal that stays: TLS up to the host, what HAProxy is told, and security updates."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.rehearsal.vpc import authority
from tests.booted.stage import Stage, Staying

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="boots machines: needs root"),
    pytest.mark.usefixtures("_fast_synthesis"),
]

APP = """
import pathlib
import aws_cdk as cdk
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_secretsmanager as secretsmanager
from porter_cdk import HealthCheck, Http, PorterService, Process, Secret, Setup, Tls

app = cdk.App()
stack = cdk.Stack(app, "Hello")
pem = cdk.SecretValue.unsafe_plain_text(pathlib.Path("first.pem").read_text())
certificate = secretsmanager.Secret(
    stack, "Certificate", secret_name="certificate", secret_string_value=pem
)
arn = "arn:aws:acm:us-east-1:000000000000:certificate/0"
service = PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
    tls=Tls(certificate=Secret.from_secrets_manager("certificate")),
    http=Http(redirect_to_https=True, deny_paths=["/admin"]),
    certificates=[elbv2.ListenerCertificate.from_arn(arn)],
    setup=[
        Setup(
            "listed", command=["sh", "-c", "ls > /run/listed"], source="service", exclude=["*.md"]
        )
    ],
)
service.host.auto_scaling_group.node.add_dependency(certificate)
app.synth()
"""

SHOWN = "openssl s_client -connect 127.0.0.1:443 </dev/null 2>&1 | openssl x509 -noout -serial"
BACK_SECONDS = 120.0


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two certificates with their keys."""
    folder = tmp_path_factory.mktemp("authorities")
    return [_issued(folder, name) for name in ("first", "second")]


@pytest.fixture(scope="module")
def there(stage: Stage, pems: list[str]) -> Iterator[Staying]:
    """The rehearsal, up, and ended in order."""
    app = stage.playground.app(app=APP)
    (app / "first.pem").write_text(pems[0])
    (app / "service" / "notes.md").write_text("not for the host\n")
    process = stage.start(app, "--stay", "--timeout", "240")
    yield stage.staying(process)
    ended = stage.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left


def _issued(folder: Path, name: str) -> str:
    file = folder / f"{name}.pem"
    authority.issue(["web.amazonaws.com"], certificate=folder / f"{name}.root", server=file)
    return file.read_text()


def _status(there: Staying, path: str, **headers: str) -> int:
    """Of a request through the load balancer; a redirect is not followed."""

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


@pytest.mark.argument("PorterService(tls=...)", "the host is healthy, and its page comes by TLS")
def test_the_page_comes_by_tls(there: Staying) -> None:
    assert there.instance()
    listening = there.run("ss", "-Hltn")
    ports = {
        int(port)
        for port in re.findall(r"\*:(\d+)|0\.0\.0\.0:(\d+)", listening)
        for port in port
        if port
    }
    assert {80, 443} <= ports
    checks = there.service()
    assert checks["last_check"]["ok"], json.dumps(checks)


def test_the_certificate_is_haproxys_alone_and_on_no_disk(there: Staying) -> None:
    file = "/run/porter/haproxy.pem"
    owner = there.run("stat", "--format=%u", "/run/porter-haproxy/")
    assert there.run("stat", "--format=%a %u", file) == f"600 {owner}"
    assert owner != "0"
    assert there.run("stat", "--file-system", "--format=%T", file) == "tmpfs"


def test_another_apply_finds_nothing_to_do(there: Staying) -> None:
    assert there.run("porter", "host", "apply") == "nothing to do"


@pytest.mark.argument("Http(redirect_to_https=...)", "308, and on the host's port 80, too")
def test_who_forgot_the_s_is_sent_on(there: Staying) -> None:
    assert _status(there, "/", X_Forwarded_Proto="http") == 308
    assert _status(there, "/", X_Forwarded_Proto="https") == 200
    plain = there.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1/")
    assert plain == "308"


@pytest.mark.argument("Http(deny_paths=...)", "403 through the load balancer")
def test_a_denied_path_is_denied(there: Staying) -> None:
    assert _status(there, "/admin/users") == 403


@pytest.mark.argument("Setup(exclude=...)", "files that match are not on the host")
def test_what_a_setup_step_excludes_is_not_there(there: Staying) -> None:
    assert there.run("cat", "/run/listed").split() == ["main.py"]
