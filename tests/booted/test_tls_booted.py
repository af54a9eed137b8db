"""One rehearsal that stays: TLS up to the host, what HAProxy is told, and security updates."""

from __future__ import annotations

import json
import os
import re
import signal
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.rehearsal.account import clients
from porter.rehearsal.assembly import Environment
from porter.rehearsal.vpc import authority
from tests.booted.prober import Prober
from tests.booted.stage import Stage, Staying
from tests.booted.traces import until

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

FILE = "/run/porter/haproxy.pem"
SHOWN = "openssl s_client -connect 127.0.0.1:443 </dev/null 2>/dev/null | openssl x509"
BACK_SECONDS = 120.0
SOON = 30.0


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
    owner = there.run("stat", "--format=%u", "/run/porter-haproxy/")
    assert there.run("stat", "--format=%a %u", FILE) == f"600 {owner}"
    assert owner != "0"
    assert there.run("stat", "--file-system", "--format=%T", FILE) == "tmpfs"


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


def _shown(there: Staying) -> bytes:
    """The certificate that HAProxy on the host shows; nothing while it answers nobody."""
    done = there.porter("shell", "--", "sh", "-c", SHOWN)
    return ssl.PEM_cert_to_DER_cert(done.stdout.strip()) if "BEGIN" in done.stdout else b""


def _certificate(pem: str) -> bytes:
    end = "-----END CERTIFICATE-----"
    start = pem.index("-----BEGIN CERTIFICATE-----")
    return ssl.PEM_cert_to_DER_cert(pem[start : pem.index(end) + len(end)])


def _rotated(there: Staying, pem: str) -> None:
    aws = clients(Environment(), there.endpoint)["secretsmanager"]
    aws.put_secret_value(SecretId="certificate", SecretString=pem)


def test_a_rotated_certificate_is_served_after_the_next_apply_and_no_request_fails(
    there: Staying, pems: list[str]
) -> None:
    assert _shown(there) == _certificate(pems[0])
    _rotated(there, pems[1])
    with Prober(there) as prober:
        told = there.run("porter", "host", "apply")
    assert "reload porter-haproxy.service" in told
    assert prober.asked > 20
    assert prober.failed == 0
    # systemd knows when the reload has begun, not when the newer worker listens.
    assert until(lambda: _shown(there) == _certificate(pems[1]), SOON)
    assert there.run("porter", "host", "apply") == "nothing to do"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("no PEM", "there is no certificate"),
        ("another's key", "key values mismatch"),
        ("no key", "there is no private key"),
    ],
)
def test_a_broken_certificate_fails_the_apply_and_the_last_one_is_served(
    there: Staying, pems: list[str], broken: str, reason: str
) -> None:
    own, _, key = pems[1].partition("-----BEGIN PRIVATE KEY-----")
    others = pems[0].partition("-----BEGIN PRIVATE KEY-----")[2]
    texts = {
        "no PEM": "not a certificate",
        "another's key": f"{own}-----BEGIN PRIVATE KEY-----{others}",
        "no key": own,
    }
    files = ("stat", "--format=%n %i %Y", FILE, "/run/porter/secrets/held.json")
    before = there.run(*files)
    _rotated(there, texts[broken])
    done = there.porter("shell", "--", "porter", "host", "apply")
    assert done.returncode == 1
    assert f"is no certificate with its private key: {reason}\n" in done.stderr
    assert "phase secrets: proxy/tls\n" in done.stderr
    assert key.strip().splitlines()[0] not in done.stdout + done.stderr
    assert _shown(there) == _certificate(pems[1])
    assert there.run(*files) == before
    assert there.page()
    _rotated(there, pems[1])
    assert there.run("porter", "host", "apply") == "nothing to do"


def test_after_a_reboot_the_host_serves_by_tls_again(there: Staying, pems: list[str]) -> None:
    """Its certificate was in memory: it is fetched once more, and as it is now."""
    instance, init = there.instance(), there.init()
    _rotated(there, pems[0])
    there.porter("shell", "--", "systemctl", "reboot")
    assert until(lambda: there.init() != init, BACK_SECONDS)
    assert until(lambda: there.instance() == instance, BACK_SECONDS), there.page()
    assert _shown(there) == _certificate(pems[0])
    assert there.run("stat", "--file-system", "--format=%T", FILE) == "tmpfs"
