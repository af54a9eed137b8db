"""Two hosts in an explicit account and region, each requested directly."""

from __future__ import annotations

import json
import tempfile
import urllib.request
from collections.abc import Iterator

import pytest

from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.rehearse import rehearse
from porter.rehearsal.story.report import Report
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness

pytestmark = pytest.mark.machines

Page = dict[str, dict[str, str]]

KEPT = "porter:data-key:account=123456789012:region=eu-west-1:stack=Two:key=alias/two"
REAL = {KEPT: "b25seSB0aGUgcmVhbCBLTVMga25vd3M=", "mine": "stays"}
APP = """
import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from porter_cdk import HealthCheck, PorterService, Process, Secret

app = cdk.App()
stack = cdk.Stack(app, "Two", env=cdk.Environment(account="123456789012", region="eu-west-1"))
queue = sqs.Queue(stack, "Queue")
printed = Secret.from_command(["python3", "-c", "print(3 * 'six7')"], key="alias/two")
PorterService(
    stack, "Service",
    run=Process(
        ["python3", "main.py"], source="service", port=8000,
        environment={"QUEUE_URL": queue.queue_url},
        secrets={"PRINTED": printed},
    ),
    health_check=HealthCheck("/health"),
    min_capacity=2,
    desired_capacity=2,
)
app.synth()
"""

SERVICE = """
import json, os, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        with urllib.request.urlopen(os.environ["PORTERD_URL"] + "/v1/identity", timeout=2) as told:
            identity = json.load(told)
        body = json.dumps({"environment": dict(os.environ), "identity": identity}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def report(sandbox: Sandbox) -> Iterator[Report]:
    """A rehearsal that runs during the tests of this module."""
    app = sandbox.app("two", app=APP, service__main=SERVICE)
    (app / "cdk.context.json").write_text(json.dumps(REAL))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(sandbox.temporary))
        patch.setenv("CDK_VALIDATION", "false")
        with rehearse(app, timeout=120 * slowness()) as report:
            yield report


@pytest.fixture(scope="module")
def pages(report: Report) -> list[Page]:
    """The front page of each host."""
    assert report.ok, (report.reason, report.evidence)
    pages = []
    for moved in report.ports.values():
        with urllib.request.urlopen(f"http://127.0.0.1:{moved[80]}/", timeout=5) as answer:
            pages.append(json.load(answer))
    return pages


@pytest.mark.argument("PorterHost(min_capacity=...)", "that many hosts start and signal")
@pytest.mark.argument("PorterHost(desired_capacity=...)", "that many hosts start")
def test_each_of_two_hosts_sends_its_own_success_signal(report: Report) -> None:
    assert report.stack_status == "CREATE_COMPLETE"
    assert [signal.status for signal in report.signals] == ["SUCCESS", "SUCCESS"]
    assert {signal.unique_id for signal in report.signals} == set(report.ports)
    assert len(report.ports) == 2


def test_both_hosts_are_registered_with_the_load_balancers_target_group(report: Report) -> None:
    environment = Environment(account="123456789012", region="eu-west-1")
    elbv2 = account.clients(environment, report.endpoint)["elbv2"]
    [group] = elbv2.describe_target_groups()["TargetGroups"]
    health = elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
    registered = {target["Target"]["Id"] for target in health["TargetHealthDescriptions"]}
    assert registered == set(report.ports)


def test_each_host_knows_its_instance_id_and_region(report: Report, pages: list[Page]) -> None:
    assert {page["identity"]["instance_id"] for page in pages} == set(report.ports)
    assert {page["identity"]["region"] for page in pages} == {"eu-west-1"}
    assert {page["environment"]["AWS_REGION"] for page in pages} == {"eu-west-1"}


def test_a_cdk_token_in_the_environment_arrives_as_its_value(pages: list[Page]) -> None:
    for page in pages:
        url = page["environment"]["QUEUE_URL"]
        assert "123456789012" in url
        assert "Two-Queue" in url


def test_a_secret_from_a_command_arrives_despite_a_kept_data_key_of_the_real_kms(
    sandbox: Sandbox, report: Report, pages: list[Page]
) -> None:
    assert {page["environment"]["PRINTED"] for page in pages} == {"six7six7six7"}
    [asset] = report.not_exercised.assets
    assert asset.startswith("the payload of Two/Service/Host: its secrets are encrypted")
    assert json.loads((sandbox.folder / "two/cdk.context.json").read_text()) == REAL


def test_no_two_hosts_share_a_port(report: Report, pages: list[Page]) -> None:
    del report
    assert len({page["environment"]["PORT"] for page in pages}) == 2
    assert len({page["environment"]["PORTERD_URL"] for page in pages}) == 2
