"""Stand-ins for both agents, installed like the real ones, send a host's logs and metrics."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Iterator

import pytest

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from tests.booted.agent_app import app_with_splunk
from tests.booted.agent_host import HEALED_SECONDS, LOCAL, UNIT, arrives, process, received, said
from tests.booted.from_within import reach_metadata, services_of_porter
from tests.booted.spilled import CommandLines, spilled
from tests.failures.told_rows import told
from tests.harness.conditions import boots
from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.staying import Staying
from tests.harness.synthesis import synthesize_once
from tests.harness.traces import until

pytestmark = [
    pytest.mark.machines,
    boots,
    pytest.mark.usefixtures("lines"),
]

CERTAIN_SECONDS = 30.0
"""A limit for an apply that must fail."""


@pytest.fixture(scope="module")
def there(sandbox: Sandbox) -> Iterator[Staying]:
    """The rehearsal of this module, which must end cleanly."""
    app = synthesize_once(app_with_splunk(sandbox, "app"))
    process = sandbox.start(app, "--stay", "--timeout", "240")
    staying = sandbox.staying(process)
    assert staying.url, staying.err
    yield staying
    ended = sandbox.end(process, lambda: process.send_signal(signal.SIGINT))
    assert ended.code == 130
    assert ended.left.nothing, ended.left


@pytest.mark.argument("SplunkForwarder(inputs=...)", effect="the service's lines are sent")
def test_a_line_of_the_service_reaches_the_receiver(there: Staying) -> None:
    assert arrives(there, "the service says hello")["source"] == "porter-web.service"


@pytest.mark.argument("Journal(units=...)", effect="only lines of these units arrive")
def test_only_the_units_that_were_named_are_sent(there: Staying) -> None:
    arrives(there, "the service says hello")
    sources = {entry["source"] for entry in received(there)}
    journal = {source for source in sources if source.endswith(".service")}
    assert journal <= {f"porter-{name}.service" for name in ("web", "haproxy", "tick")}


def test_what_containers_print_reaches_the_receiver(there: Staying) -> None:
    """The receiver's own lines are excluded: each would cause another line."""
    arrives(there, "a container ticks", "porter-tick.service")
    assert not [entry for entry in received(there) if "receiver" in entry["source"]]


@pytest.mark.argument("SplunkForwarder(index=...)", effect="the lines go to this index")
def test_lines_arrive_with_the_index(there: Staying) -> None:
    arrives(there, "the service says hello")
    assert {entry["index"] for entry in received(there)} == {"porter"}


def test_haproxys_line_of_a_request_reaches_the_receiver(there: Staying) -> None:
    there.run("curl", "-sS", "http://127.0.0.1/a-request-of-this-test")
    arrives(there, "GET /a-request-of-this-test HTTP", "porter-haproxy.service")


@pytest.mark.argument("Files(path=...)", effect="the file's lines arrive")
@pytest.mark.argument("Files(group=...)", effect="lines that only the group may read arrive")
def test_a_file_of_a_group_reaches_the_receiver(there: Staying) -> None:
    assert arrives(there, "a line of a file")["source"] == "/var/log/shared.log"
    there.run("sh", "-c", "echo and another >> /var/log/shared.log")
    arrives(there, "and another")


def test_the_forwarder_reads_what_its_groups_may_and_nothing_else(there: Staying) -> None:
    """Splunk's installation would allow the forwarder to read every file."""
    assert there.run("systemctl", "show", "--property=User", "--value", UNIT) == "splunkfwd"
    assert process(there, "CapEff").strip() == "0" * 16
    groups = there.run("getent", "group", "adm", "systemd-journal")
    expected = {line.split(":")[2] for line in groups.splitlines()}
    assert expected <= set(process(there, "Groups").split())
    assert until(lambda: "private.log: Permission denied" in said(there), HEALED_SECONDS)
    assert not [entry for entry in received(there) if "for root alone" in entry["line"]]


def test_the_forwarder_cannot_use_the_hosts_role(there: Staying) -> None:
    agent = "amazon-cloudwatch-agent.service"
    units = services_of_porter(there)
    assert UNIT in units
    reached = reach_metadata(there, {*units, agent})
    assert {"porterd.service", agent} <= reached
    drains = ("porterd-drain", "porterd-return", "porterd-shutdown")
    with_code_of_porter = ("porterd", *drains, "porter-environment", "porter-tick")
    assert reached <= {*(f"{name}.service" for name in with_code_of_porter), agent}


@pytest.mark.argument("PorterHost(splunk=...)", effect="the forwarder runs")
@pytest.mark.argument("SplunkForwarder(package=...)", effect="the host installs this package")
@pytest.mark.argument("SplunkForwarder(accept_license=...)", effect="Splunk gets the flag, once")
@pytest.mark.argument("Package.from_s3(bucket=...)", effect="the package comes from this bucket")
@pytest.mark.argument("Package.from_s3(key=...)", effect="the package comes from this key")
def test_splunk_was_installed_and_started_by_its_own_command(there: Staying) -> None:
    assert there.run("dpkg-query", "--show", "splunkforwarder").split()[1] == "9.9.9"
    options = "-systemd-managed 1 -user splunkfwd --accept-license --answer-yes --no-prompt"
    assert there.run("cat", "/opt/splunkforwarder/calls").splitlines() == [
        f"enable boot-start {options}",
        "_internal_launch_under_systemd",
    ]
    assert there.run("systemctl", "is-enabled", UNIT) == "enabled"
    assert not there.run("ls", "/var/cache/porter")


@pytest.mark.argument("SplunkForwarder(receivers=...)", effect="the lines go to these receivers")
@pytest.mark.argument("SplunkForwarder(ca_file=...)", effect="this file verifies the receivers")
@pytest.mark.argument(
    "SplunkForwarder(deployment_server=...)", effect="deploymentclient.conf has the address"
)
def test_splunks_files_have_the_constructs_arguments(there: Staying) -> None:
    assert "server = localhost:9997\n" in there.run("cat", f"{LOCAL}/outputs.conf") + "\n"
    assert "useSSL = true" in there.run("cat", f"{LOCAL}/outputs.conf")
    assert "targetUri = localhost:8089" in there.run("cat", f"{LOCAL}/deploymentclient.conf")
    server = there.run("cat", "/opt/splunkforwarder/etc/apps/porter/default/server.conf")
    assert "sslRootCAPath = /etc/ssl/receiver.pem" in server
    assert there.run("stat", "--format=%U", f"{LOCAL}/outputs.conf") == "splunkfwd"


@pytest.mark.argument("SplunkForwarder(admin_password=...)", effect="the first user's password")
def test_only_splunk_has_the_admin_password(there: Staying, lines: CommandLines) -> None:
    aws = clients(Environment(), there.endpoint)["secretsmanager"]
    password = aws.get_secret_value(SecretId="splunk-password")["SecretString"]
    digest = hashlib.sha256(password.encode()).hexdigest()
    assert there.run("cat", "/opt/splunkforwarder/etc/passwd") == f":admin:{digest}"
    assert there.attempt("test", "-e", f"{LOCAL}/user-seed.conf").returncode == 1
    assert spilled(there, lines, [password]) == set()


@pytest.mark.argument("PorterHost(cloudwatch=...)", effect="the agent runs")
@pytest.mark.argument("CloudWatchAgent(logs=...)", effect="the service's lines are in CloudWatch")
@pytest.mark.argument("CloudWatchAgent(log_group=...)", effect="the lines are in this group")
@pytest.mark.argument("CloudWatchAgent(package=...)", effect="the host installs this package")
@pytest.mark.argument("Package.from_url(url=...)", effect="the package comes from this URL")
def test_a_line_of_the_service_is_in_cloudwatch(there: Staying) -> None:
    """The agent uses the host's role."""
    aws = clients(Environment(), there.endpoint)["logs"]

    def messages() -> list[str]:
        events = aws.filter_log_events(logGroupName="hello-logs")["events"]
        return [event["message"] for event in events]

    assert until(lambda: "the service says hello" in messages(), HEALED_SECONDS), messages()
    (stream,) = aws.describe_log_streams(logGroupName="hello-logs")["logStreams"]
    assert stream["logStreamName"].endswith("/journal-porter-web.service")


@pytest.mark.argument("CloudWatchAgent(metrics=...)", effect="the metrics are in CloudWatch")
@pytest.mark.argument("CloudWatchAgent(namespace=...)", effect="the metrics are in this namespace")
def test_a_metric_is_in_cloudwatch(there: Staying) -> None:
    aws = clients(Environment(), there.endpoint)["cloudwatch"]

    def names() -> list[str]:
        return [one["MetricName"] for one in aws.list_metrics(Namespace="hello")["Metrics"]]

    assert until(lambda: names() == ["mem_used_percent"], HEALED_SECONDS), names()


@pytest.mark.argument("CloudWatchAgent(interval=...)", effect="the interval in the agent's file")
def test_the_cloudwatch_agent_was_configured_by_its_own_command(there: Staying) -> None:
    home = "/opt/aws/amazon-cloudwatch-agent"
    assert there.run("cat", f"{home}/calls") == (
        "-a fetch-config -m ec2 -s -c file:/etc/porter/cloudwatch-agent.json"
    )
    copy = json.loads(there.run("cat", f"{home}/etc/amazon-cloudwatch-agent.d/config.json"))
    assert copy["agent"]["metrics_collection_interval"] == 10
    assert "cwagent" in there.run("getent", "group", "systemd-journal")


def test_another_apply_finds_nothing_to_do(there: Staying) -> None:
    assert there.run("porter", "host", "apply") == "nothing to do"


def test_a_receiver_that_was_down_is_named_and_gets_the_lines_it_missed(there: Staying) -> None:
    before = said(there).count("receiver: ")
    there.run("systemctl", "stop", "porter-receiver")
    there.run("curl", "-sS", "http://127.0.0.1/while-nobody-listened")
    assert until(lambda: said(there).count("receiver: ") > before, HEALED_SECONDS)
    there.run("systemctl", "start", "porter-receiver")
    arrives(there, "asked for /while-nobody-listened")
    assert there.service()["last_check"]["ok"]


@pytest.mark.argument("SplunkForwarder(tls=...)", effect="lines arrive unencrypted")
def test_lines_are_encrypted_unless_asked_otherwise(there: Staying) -> None:
    spec = there.spec()
    assert {entry["tls"] for entry in received(there)} == {True}
    spec["splunk"] |= {"tls": False, "ca_file": "", "receivers": ["localhost:9996"]}
    there.put(spec)
    assert there.apply().code == 0
    there.run("curl", "-sS", "http://127.0.0.1/for-all-to-read")
    assert arrives(there, "asked for /for-all-to-read")["tls"] is False


@pytest.mark.argument("Package.from_url(sha256=...)", effect="other bytes are not installed")
def test_a_wrong_checksum_fails_the_apply_at_once(there: Staying) -> None:
    spec = there.spec()
    right = spec["cloudwatch"]["package"]["sha256"]
    spec["cloudwatch"]["package"]["sha256"] = "0" * 64
    there.put(spec)
    done = there.apply()
    assert (done.code, done.seconds < CERTAIN_SECONDS * slowness()) == (1, True), done
    assert f"has the SHA-256 {right}, and must have {'0' * 64}" in done.said
    url = "https://localhost:8443/amazon-cloudwatch-agent.deb"
    assert f"phase cloudwatch: {url}\n" in done.said
    assert there.run("systemctl", "is-active", "amazon-cloudwatch-agent") == "active"
    spec["cloudwatch"]["package"]["sha256"] = right
    there.put(spec)
    assert there.apply().code == 0


def test_another_package_is_for_a_new_host(there: Staying) -> None:
    """The forwarder's user puts a program of its own into Splunk's tree; root never runs it."""
    spec = there.spec()
    wicked = "printf '#!/bin/sh\\nid > /run/planted\\n' > /opt/splunkforwarder/bin/splunk"
    there.run("cp", "--preserve", "/opt/splunkforwarder/bin/splunk", "/run/splunk")
    there.run("runuser", "--user", "splunkfwd", "--", "sh", "-c", wicked)
    other = next(one for one in spec["setup"] if one["name"] == "other")["environment"]
    package = spec["splunk"]["package"] | {"key": other["KEY"], "sha256": other["SHA256"]}
    there.put({**spec, "splunk": {**spec["splunk"], "package": package}})
    done = there.apply()
    assert done.code == 1
    assert "needs a new host" in done.said, done
    assert there.run("dpkg-query", "--show", "splunkforwarder").split()[1] == "9.9.9"
    assert there.attempt("test", "-e", "/run/planted").returncode == 1
    there.run("cp", "--preserve", "/run/splunk", "/opt/splunkforwarder/bin/splunk")
    there.put(spec)
    assert there.apply().code == 0
    assert there.service()["last_check"]["ok"]


@pytest.mark.exhaustive
def test_a_refused_licence_is_the_reason_of_a_failed_deployment(sandbox: Sandbox) -> None:
    app = synthesize_once(app_with_splunk(sandbox, "refused", refuses=True))
    ended = sandbox.rehearse(app, "--json", "--timeout", "240")
    assert ended.code == 1
    [reason] = [signal["reason"] for signal in ended.report["signals"]]
    assert told("licence-refused").is_seen_in(reason), reason


@pytest.mark.exhaustive
@pytest.mark.argument("Package.from_s3(sha256=...)", effect="other bytes are not installed")
def test_a_wrong_checksum_is_the_reason_of_a_failed_deployment(sandbox: Sandbox) -> None:
    app = synthesize_once(app_with_splunk(sandbox, "wrong", sha256="0" * 64))
    ended = sandbox.rehearse(app, "--json", "--timeout", "240")
    assert ended.code == 1
    [reason] = [signal["reason"] for signal in ended.report["signals"]]
    assert told("package-checksum").is_seen_in(reason), reason
    assert f"and must have {'0' * 64}" in reason
