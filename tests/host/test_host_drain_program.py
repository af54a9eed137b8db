"""`python -m porter.host.drain` against an Auto Scaling that answers as AWS does."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from porter.aws.clients import URGENT, Clients, Patience
from porter.aws.lifecycle import LifecycleAction, LifecycleError
from porter.spec import (
    DRAIN_HEARTBEAT_SECONDS,
    DRAIN_STEPS,
    Ending,
    HostSpec,
    Job,
    ProcessWorkload,
    dumps,
    job_timer,
)
from tests.daemon.load_balancing import ARN, GONE, LoadBalancing
from tests.daemon.loopback import INSTANCE_ID, Handler, Imds, Server, running
from tests.harness.slowness import slowness
from tests.host.aws_on_loopback import on_loopback
from tests.host.fake_host import FakeHost, host_deployment, host_spec

JOB = Job(name="report", command=("/bin/true",), schedule="daily")
LEASES = "arn:aws:dynamodb:eu-west-1:123456789012:table/leases"
NO_ACTION = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>"
    "No active Lifecycle Action found with instance ID i-0123456789abcdef0"
    "</Message></Error></ErrorResponse>"
)


class AutoScaling(Server):
    """One lifecycle action: `begun` by the test, and denied once after the first heartbeat."""

    def __init__(self) -> None:
        super().__init__(AutoScalingHandler)
        self.begun = self.silent = False
        self.lies = 1
        self.asked: list[str] = []
        self.taken: list[str] = []
        self.group = ""


class AutoScalingHandler(Handler):
    """The handler of an `AutoScaling`."""

    server: AutoScaling

    def do_POST(self) -> None:  # noqa: N802 - the base class names it
        """Answer a heartbeat or a completion."""
        aws = self.server
        sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = sent["Action"][0]
        aws.asked.append(action)
        aws.group = sent["AutoScalingGroupName"][0]
        if aws.silent:
            time.sleep(1)
        if not aws.begun or "CompleteLifecycleAction" in aws.taken:
            self.answer(HTTPStatus.BAD_REQUEST, NO_ACTION.encode())
        elif aws.taken and aws.lies:
            aws.lies -= 1
            self.answer(HTTPStatus.BAD_REQUEST, NO_ACTION.encode())
        else:
            aws.taken.append(action)
            answer = f"<{action}Response><{action}Result/></{action}Response>"
            self.answer(HTTPStatus.OK, answer.encode())


@pytest.fixture
def aws() -> Iterator[AutoScaling]:
    """Auto Scaling, before `Terminating:Wait`."""
    server = AutoScaling()
    with running(server):
        yield server


def _spec(*more: ProcessWorkload) -> HostSpec:
    spec = host_spec()
    return replace(spec, workloads=(*spec.workloads, *more), jobs=(JOB,), lease_table=LEASES)


@pytest.fixture
def host(tmp_path: Path) -> FakeHost:
    """A host with a job."""
    host = FakeHost(tmp_path / "host")
    host.boot(_spec(), host_deployment())
    host.install_systemctl()
    (host.root / "etc/porter/host.json").write_text(dumps(_spec()))
    return host


def _drain(host: FakeHost, imds: Imds, aws: Server) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "porter.host.drain"]
    environment = on_loopback(host, imds, aws)
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def _until(condition: Callable[[], object], seconds: float = 20) -> None:
    ends = time.monotonic() + seconds * slowness()
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_host_claims_no_job_while_it_waits_and_stops_what_it_runs_by_then(
    host: FakeHost, imds: Imds, aws: AutoScaling
) -> None:
    drain = _drain(host, imds, aws)
    try:
        _until(lambda: aws.asked and f"stop {job_timer('report')}" in host.called())
        assert "stop porter-web.service" not in host.called()
        assert aws.taken == []
        mailer = ProcessWorkload(name="mailer", command=("/bin/true",))
        (host.root / "etc/porter/host.json").write_text(dumps(_spec(mailer)))
        aws.begun = True
        printed, _ = drain.communicate(timeout=60 * slowness())
    finally:
        drain.kill()
    assert drain.returncode == 0
    assert "stop porter-mailer.service" in host.called()
    assert aws.taken == ["RecordLifecycleActionHeartbeat", "CompleteLifecycleAction"]
    assert aws.asked.count("CompleteLifecycleAction") == 2, "one was denied"
    assert aws.group == "Hello-Group"
    assert printed.splitlines() == [
        "Auto Scaling terminates this host: waiting until the load balancers are done",
        "no load balancer sends requests any more: stopping what this host runs",
        "stopped what this host ran",
        "drained: Auto Scaling may terminate this host",
    ]


def test_a_host_that_hides_its_tags_has_no_hook_and_nothing_to_do(
    host: FakeHost, imds: Imds, aws: AutoScaling
) -> None:
    for path in [path for path in imds.tree if "/tags" in path]:
        del imds.tree[path]
    drain = _drain(host, imds, aws)
    printed, _ = drain.communicate(timeout=60 * slowness())
    assert drain.returncode == 0
    assert len(printed.splitlines()) == 1
    assert "InstanceMetadataTags" in printed
    assert aws.asked == []


@pytest.fixture
def target(host: FakeHost) -> FakeHost:
    """The host, behind a load balancer and in a target group that is deleted."""
    deployment = replace(host_deployment(), target_groups=(GONE, ARN))
    (host.root / "etc/porter/deployment.json").write_text(dumps(deployment))
    return host


def _steps(host: FakeHost) -> list[str]:
    lines = (host.root / "run" / DRAIN_STEPS).read_text().splitlines()
    return [json.loads(line)["stage"] for line in lines]


def _ends(host: FakeHost, seconds: float) -> None:
    file = host.root / "run/porterd/drain"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(Ending(hooked=False, ends=time.time() + seconds).text())


def test_a_host_that_ec2_ends_leaves_its_load_balancers_before_it_stops(
    host: FakeHost, imds: Imds, balancer: LoadBalancing
) -> None:
    deployment = replace(host_deployment(), target_groups=(ARN,))
    (host.root / "etc/porter/deployment.json").write_text(dumps(deployment))
    seconds = 16 * slowness()
    _ends(host, seconds)
    began = time.monotonic()
    drain = _drain(host, imds, balancer)
    try:
        _until(lambda: balancer.targets == set())
        assert "stop porter-haproxy.service" not in host.called()
        drain.communicate(timeout=60 * slowness())
    finally:
        drain.kill()
    assert time.monotonic() - began < seconds
    assert _steps(host) == ["deregistering", "settling", "stopping", "done"]
    assert "stop porter-web.service" in host.called()
    assert balancer.asked == ["DeregisterTargets"]


def test_an_operator_takes_the_host_out_of_what_is_left_of_its_load_balancers_and_back(
    target: FakeHost, imds: Imds, balancer: LoadBalancing
) -> None:
    def porter(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "porter", "host", "drain", *words],
            env=on_loopback(target, imds, balancer),
            capture_output=True,
            text=True,
            check=False,
        )

    refused = porter()
    assert refused.returncode == 1
    assert "TargetGroupNotFound" in refused.stderr
    assert balancer.targets == set(), "the other one was asked all the same"
    deployment = replace(host_deployment(), target_groups=(ARN,))
    (target.root / "etc/porter/deployment.json").write_text(dumps(deployment))
    assert porter("--undo").stdout.startswith("in the load balancers: ")
    assert balancer.targets == {INSTANCE_ID}
    assert porter().stdout.startswith("out of the load balancers: ")
    assert _steps(target) == ["in", "out"]
    assert target.called() == []
    _ends(target, 60)
    assert "this host ends" in porter("--undo").stderr
    (target.root / "etc/porter/deployment.json").write_text(dumps(host_deployment()))
    assert "no load balancer sends requests" in porter().stderr


def test_a_host_that_does_not_know_what_it_runs_says_so_and_is_tried_again(
    host: FakeHost, imds: Imds, aws: AutoScaling
) -> None:
    """The unit starts the drain again after an exit with 1; by then an apply may have ended."""
    (host.root / "etc/porter/host.json").unlink()
    drain = _drain(host, imds, aws)
    printed, _ = drain.communicate(timeout=60 * slowness())
    assert drain.returncode == 1
    last = printed.splitlines()[-1]
    assert "etc/porter/host.json: " in last
    assert "(`porter host apply` writes it)" in last
    assert aws.asked == []


def test_a_silent_auto_scaling_costs_less_than_the_time_between_heartbeats_and_the_time_out(
    aws: AutoScaling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{aws.port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    aws.silent = True
    clients = Clients.of_host("eu-west-1", Patience(connect=0.2, read=0.2, attempts=2))
    with pytest.raises(LifecycleError, match=r"(?i)timed? ?out"):
        LifecycleAction(clients["autoscaling"], "Group", "hook", INSTANCE_ID).beat()
    assert len(aws.asked) == 2
    assert (URGENT.connect + URGENT.read) * URGENT.attempts <= DRAIN_HEARTBEAT_SECONDS / 3
