"""A host leaves its load balancers in a shutdown, and returns to them once it is healthy."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from porter.host.drain import shutdown
from porter.host.drain.phase import drain_paths
from porter.spec import DRAIN_STEPS, Ending, Porterd, dumps
from tests.daemon.load_balancing import ARN, GONE, LoadBalancing
from tests.daemon.loopback import INSTANCE_ID, Handler, Imds, Server, running
from tests.harness.golden import golden
from tests.harness.slowness import slowness
from tests.host.aws_on_loopback import on_loopback
from tests.host.fake_host import FakeHost, host_deployment, host_spec
from tests.host.goals import goal_of

GOLDEN = Path(__file__).parent / "golden"
HARD_REBOOT_SECONDS = 240
"""An older edition of "RebootInstances" (Amazon EC2 API Reference) says four minutes."""

PROGRAM_SECONDS = 90
"""systemd's own time for a program to stop (systemd-system.conf(5), DefaultTimeoutStopSec=)."""


class OwnPorterd(Server):
    """porterd of a host whose last check was `ok`."""

    def __init__(self) -> None:
        super().__init__(OwnPorterdHandler)
        self.ok = False


class OwnPorterdHandler(Handler):
    """The handler of an `OwnPorterd`."""

    server: OwnPorterd

    def do_GET(self) -> None:  # noqa: N802 - the base class names it
        """Answer as `/v1/service` does."""
        ok = self.server.ok
        problem = "" if ok else "answered 503"
        gate = {"state": "healthy" if ok else "waiting", "reason": "GET /health: answered 503"}
        answer = {"gate": gate, "last_check": {"ok": ok, "problem": problem}}
        self.answer(200 if self.path == "/v1/service" else 404, json.dumps(answer).encode())


@pytest.fixture
def porterd() -> Iterator[OwnPorterd]:
    """The host's porterd."""
    server = OwnPorterd()
    with running(server):
        yield server


@pytest.fixture
def host(tmp_path: Path, porterd: OwnPorterd) -> FakeHost:
    """A host that shuts down, behind a load balancer and in a target group that is deleted."""
    host = FakeHost(tmp_path / "host")
    host.boot(host_spec(), host_deployment(target_groups=(GONE, ARN)))
    host.install_systemctl()
    host.install_unit("porter-haproxy.service")
    (host.root / "etc/porter/host.json").write_text(
        dumps(host_spec(porterd=Porterd(port=porterd.port)))
    )
    (host.root / "systemd/system").write_text("stopping\n")
    return host


def _start(host: FakeHost, imds: Imds, aws: Server, module: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", f"porter.host.drain.{module}"],
        env=on_loopback(host, imds, aws),
        stdout=subprocess.PIPE,
        text=True,
    )


def _run(host: FakeHost, imds: Imds, aws: Server, module: str) -> str:
    """Return what the program prints; it must succeed."""
    process = _start(host, imds, aws, module)
    try:
        printed, _ = process.communicate(timeout=60 * slowness())
    finally:
        process.kill()
    assert process.returncode == 0
    return printed


def _shut_down(host: FakeHost, imds: Imds, aws: Server) -> str:
    return _run(host, imds, aws, "shutdown")


def _left(host: FakeHost) -> bool:
    return (host.root / "var/lib/porter/shutdown/left").exists()


def _stages(host: FakeHost) -> list[str]:
    file = host.root / "run" / DRAIN_STEPS
    lines = file.read_text().splitlines() if file.exists() else []
    return [json.loads(line)["stage"] for line in lines]


def test_a_host_that_shuts_down_waits_until_its_load_balancers_are_done(
    host: FakeHost, imds: Imds, balancer: LoadBalancing
) -> None:
    balancer.drains = 2
    printed = _shut_down(host, imds, balancer)
    assert balancer.targets == set()
    assert balancer.drains == 0
    assert _left(host)
    assert _stages(host) == ["out"]
    assert host.called() == ["kill --kill-who=main --signal=SIGUSR1 porter-haproxy.service"]
    deleted, *said = printed.splitlines()
    assert "TargetGroupNotFound" in deleted
    assert said == [
        "out of its load balancers: this host shuts down",
        "no load balancer sends requests any more",
    ]


@pytest.mark.parametrize("state", ["running", "degraded", "starting"])
def test_a_mere_stop_of_the_unit_does_nothing(
    host: FakeHost, imds: Imds, balancer: LoadBalancing, state: str
) -> None:
    (host.root / "systemd/system").write_text(f"{state}\n")
    assert _shut_down(host, imds, balancer) == ""
    assert balancer.asked == []
    assert not _left(host)


def test_a_host_that_drains_does_not_drain_again_in_its_shutdown(
    host: FakeHost, imds: Imds, balancer: LoadBalancing
) -> None:
    file = host.root / "run/porterd/drain"
    file.parent.mkdir(parents=True)
    file.write_text(Ending().text())
    assert "has drained it" in _shut_down(host, imds, balancer)
    file.unlink()
    # porterd did not look in time
    imds.tree["meta-data/autoscaling/target-lifecycle-state"] = "Terminated"
    assert "has deregistered it" in _shut_down(host, imds, balancer)
    assert balancer.asked == []
    assert not _left(host)


def test_a_host_that_was_taken_out_by_hand_stays_out_after_its_reboot(
    host: FakeHost, imds: Imds, balancer: LoadBalancing
) -> None:
    balancer.targets = set()
    _shut_down(host, imds, balancer)
    assert set(balancer.asked) == {"DescribeTargetHealth"}
    assert not _left(host)


def test_a_refusal_does_not_delay_the_shutdown_and_is_logged(
    host: FakeHost, imds: Imds, balancer: LoadBalancing
) -> None:
    balancer.denied = True
    began = time.monotonic()
    assert "is not authorized" in _shut_down(host, imds, balancer)
    assert time.monotonic() - began < shutdown.ANSWER_SECONDS * slowness()
    assert not _left(host)


def test_without_an_answer_the_shutdown_goes_on_within_seconds(host: FakeHost, imds: Imds) -> None:
    """A listener that accepts nothing: a firewall, or a network that is gone."""
    silent = Server(Handler)
    try:
        printed = _shut_down(host, imds, silent)
    finally:
        silent.server_close()
    assert printed == "AWS does not answer within 10 s: shutting down in service\n"


def test_ec2_does_not_cut_off_the_longest_shutdown() -> None:
    assert shutdown.STOP_SECONDS + PROGRAM_SECONDS < HARD_REBOOT_SECONDS


def test_a_host_returns_once_it_is_healthy(
    host: FakeHost, imds: Imds, balancer: LoadBalancing, porterd: OwnPorterd
) -> None:
    _shut_down(host, imds, balancer)
    process = _start(host, imds, balancer, "returning")
    try:
        assert process.stdout is not None
        assert "until it is healthy" in process.stdout.readline()
        assert process.stdout.readline() == "not in the load balancers: answered 503\n"
        assert balancer.targets == set()
        porterd.ok = True
        printed, _ = process.communicate(timeout=60 * slowness())
    finally:
        process.kill()
    assert process.returncode == 0
    assert "TargetGroupNotFound" not in printed, "it never left that one"
    assert balancer.targets == {INSTANCE_ID}
    assert not _left(host)
    assert _stages(host) == ["out", "out", "in"]


def test_a_target_group_that_was_deleted_meanwhile_is_not_asked_for_ever(
    host: FakeHost, imds: Imds, balancer: LoadBalancing, porterd: OwnPorterd
) -> None:
    _shut_down(host, imds, balancer)
    left = host.root / "var/lib/porter/shutdown/left"
    left.write_text(f"{left.read_text()}\n{GONE}")
    porterd.ok = True
    assert "TargetGroupNotFound" in _run(host, imds, balancer, "returning")
    assert (balancer.targets, _left(host)) == ({INSTANCE_ID}, False)


def test_an_instance_of_an_image_of_this_host_does_not_join_its_target_groups(
    host: FakeHost, imds: Imds, balancer: LoadBalancing, porterd: OwnPorterd
) -> None:
    """EC2 reboots an instance to make an image of it."""
    _shut_down(host, imds, balancer)
    imds.tree["meta-data/instance-id"] = "i-another"
    porterd.ok = True
    assert f"{INSTANCE_ID}, whose image this is" in _run(host, imds, balancer, "returning")
    assert (balancer.targets, _left(host)) == (set(), False)


@pytest.mark.parametrize("who", ["auto scaling", "an operator"])
def test_a_host_that_ends_or_is_drained_by_hand_does_not_return(
    host: FakeHost, imds: Imds, balancer: LoadBalancing, who: str
) -> None:
    _shut_down(host, imds, balancer)
    process = _start(host, imds, balancer, "returning")
    try:
        assert process.stdout is not None
        process.stdout.readline()
        if who == "an operator":
            (host.root / "var/lib/porter/shutdown/left").unlink()
        else:
            (host.root / "run/porterd").mkdir(parents=True)
            (host.root / "run/porterd/drain").write_text(Ending().text())
        process.communicate(timeout=60 * slowness())
    finally:
        process.kill()
    assert process.returncode == 0
    assert not _left(host)
    assert balancer.targets == set()


def test_unit_that_leaves_in_a_shutdown() -> None:
    """It names both slots: a hot apply changes neither the unit nor its order."""
    goal = goal_of(host_spec())
    balanced = replace(goal, deployment=replace(goal.deployment, target_groups=(ARN,)))
    [drain, _] = drain_paths(balanced)
    [_, unit] = drain.reads
    text = unit.content.decode()
    assert text == golden(GOLDEN / "porterd-shutdown.service", text)


def test_a_host_without_a_load_balancer_has_no_units_for_it() -> None:
    [drain] = drain_paths(goal_of(host_spec()))
    assert [file.path.name for file in drain.reads] == ["porterd-drain.service"]
