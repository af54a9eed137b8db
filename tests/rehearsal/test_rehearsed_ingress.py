"""A domain with HTTPS and a redirect, and two services on one load balancer, rehearsed."""

from __future__ import annotations

import http.client
import tempfile
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from porter.rehearsal.rehearse import rehearse
from porter.rehearsal.story.report import Report
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once

pytestmark = pytest.mark.machines

APP = """
import aws_cdk as cdk
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
from aws_cdk import aws_route53 as route53

from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Ingress")
run = Process(["python3", "main.py"], source="service", port=8000)
check = HealthCheck("/health")
zone = route53.HostedZone.from_hosted_zone_attributes(
    stack, "Zone", hosted_zone_id="Z0123456789ABC", zone_name="example.com"
)
web = PorterService(
    stack,
    "Web",
    run=run,
    health_check=check,
    domain_name="shop.example.com",
    domain_zone=zone,
    redirect_http=True,
)

balancer = elbv2.ApplicationLoadBalancer(stack, "Shared", vpc=web.host.vpc, internet_facing=True)
listener = balancer.add_listener(
    "Http",
    port=80,
    protocol=elbv2.ApplicationProtocol.HTTP,
    default_action=elbv2.ListenerAction.fixed_response(404),
)
for priority, name in enumerate(("cart", "search"), 1):
    PorterService(
        stack,
        name.title(),
        run=Process(
            ["python3", "main.py"], source="service", port=8000, environment={"SERVICE": name}
        ),
        health_check=check,
        listener=listener,
        conditions=[elbv2.ListenerCondition.path_patterns([f"/{name}", f"/{name}/*"])],
        priority=priority,
    )
app.synth()
"""

SERVICE = """
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = os.environ.get("SERVICE", "web").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def report(sandbox: Sandbox) -> Iterator[Report]:
    """The report of the rehearsal, which runs until the end of the module."""
    app = synthesize_once(sandbox.app("ingress", app=APP, service__main=SERVICE))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(sandbox.temporary))
        with rehearse(app, timeout=240) as report:
            assert report.ok, (report.reason, report.evidence)
            yield report


def ask(report: Report, listener: str, path: str) -> tuple[int, str, str]:
    """Return status, body and Location of the answer of the listener whose name so begins."""
    [url] = [url for name, url in report.listeners.items() if name.startswith(listener.lower())]
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", path, headers={"Host": "shop.example.com"})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, answer.headers.get("Location", "")


def test_every_service_is_healthy_behind_its_target_group(report: Report) -> None:
    assert {one.name: one.status for one in report.services} == {
        "ingress-web": 200,
        "ingress-cart": 200,
        "ingress-search": 200,
    }


@pytest.mark.argument("PorterService(listener=...)", "a rule of the listener leads to the service")
@pytest.mark.argument("PorterService(priority=...)", "the rule has a place in the listener")
def test_two_services_share_a_load_balancer_by_path(report: Report) -> None:
    assert ask(report, "Ingress-Share", "/cart")[:2] == (200, "cart")
    assert ask(report, "Ingress-Share", "/search/shoes?page=2")[:2] == (200, "search")
    assert ask(report, "Ingress-Share", "/carts")[0] == 404


@pytest.mark.argument("PorterService(redirect_http=...)", "port 80 answers 301, to HTTPS")
def test_http_is_redirected_to_https(report: Report) -> None:
    assert ask(report, "Ingress-WebLo", "/a?b=1") == (
        301,
        "",
        "https://shop.example.com:443/a?b=1",
    )


def test_the_report_says_that_no_name_server_answers(report: Report) -> None:
    kinds = {one.type for one in report.not_exercised.resources}
    assert "AWS::Route53::RecordSet" in kinds
    assert "AWS::CertificateManager::Certificate" not in kinds
