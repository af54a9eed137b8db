"""A host drains in order, under crashes and silence, and lets Auto Scaling end it in time."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from porter.host.drain import stages
from porter.host.drain.stages import (
    Drain,
    Question,
    Stage,
    answered,
    begin,
    looked,
    question,
    told,
)
from porter.host.drain.stopping import stopping
from porter.spec import (
    DRAIN_HEARTBEAT_SECONDS,
    HostSpec,
    Job,
    ProcessWorkload,
    job_timer,
    lease_unit,
)
from tests.harness.effort import repeats
from tests.harness.slowness import slowness
from tests.host.fake_host import FakeHost, host_spec

STEP = 0.5
"""Seconds between two looks of the simulated drain."""

RESTART = 1.0
"""`RestartSec` of its unit, in seconds."""

LEASES = "arn:aws:dynamodb:eu-west-1:123456789012:table/leases"


@dataclass
class AutoScaling:
    """One lifecycle action as AWS documents it: it begins at `begins`, and times out.

    "How lifecycle hooks work in Amazon EC2 Auto Scaling groups". After the first accepted heartbeat
    it denies `lies` times that there is an action (PrairieLearn#15586).
    """

    begins: float
    lies: int = 0
    expires: float = 0.0
    completions: int = 0
    timed_out: bool = False
    beaten: bool = False

    def waits(self, now: float) -> bool:
        """Whether the action is active; a time-out ends it for good."""
        if now < self.begins or self.completions:
            return False
        self.expires = self.expires or self.begins + DRAIN_HEARTBEAT_SECONDS
        self.timed_out = self.timed_out or now >= self.expires
        return not self.timed_out

    def ask(self, asked: Question, now: float) -> bool:
        """Answer a heartbeat or a completion."""
        if not self.waits(now):
            return False
        if self.beaten and self.lies:
            self.lies -= 1
            return False
        self.beaten = True
        if asked is Question.COMPLETE:
            self.completions += 1
        else:
            self.expires = now + DRAIN_HEARTBEAT_SECONDS
        return True


@dataclass
class Host:
    """A host whose programs need `needs` seconds to stop, beside `aws`.

    `silence` says what the network loses: a "request", an "answer", or nothing.
    """

    aws: AutoScaling
    needs: float
    chance: Callable[[], float] = lambda: 1.0
    silence: Callable[[float], str] = lambda _now: ""
    down_until: float = 0.0
    drain: Drain | None = None
    stopping_since: float | None = None
    asked: list[Question] = field(default_factory=list)

    def step(self, now: float) -> None:
        """Do what `python -m porter.host.drain` does in one round."""
        if now < self.down_until:
            return
        self.drain = self.drain or begin(now)
        if asked := question(self.drain, now):
            self.asked.append(asked)
            lost = self.silence(now)
            waits = None if lost == "request" else self.aws.ask(asked, now)
            found = None if lost else waits
            self.drain = answered(self.drain, now, waits=found, chance=self.chance())
        if self.drain.stage is Stage.STOPPING and self.stopping_since is None:
            assert now >= self.aws.begins, "a load balancer may still send requests"
            self.stopping_since = now
        self.drain = looked(self.drain, now, stopped=self.stopped(now))

    def stopped(self, now: float) -> bool:
        """Whether the programs have stopped: what is stopped stays so over a crash."""
        return self.stopping_since is not None and now >= self.stopping_since + self.needs

    def crash(self, now: float) -> None:
        """End the process; systemd starts it again after `RESTART`."""
        if self.drain and self.drain.stage is not Stage.DONE:
            self.drain, self.down_until = None, now + RESTART


def _play(host: Host, *, until: float, crash: Callable[[float], bool] = lambda _now: False) -> None:
    now = 0.0
    while now < until:
        if crash(now):
            host.crash(now)
        host.step(now)
        host.aws.waits(now)
        now += STEP


def _silent(gap: tuple[float, float], lost: str, now: float) -> str:
    return lost if gap[0] <= now < gap[1] else ""


def test_programs_run_on_until_auto_scaling_waits() -> None:
    host = Host(AutoScaling(begins=30), needs=10)
    _play(host, until=29)
    assert host.stopping_since is None
    _play(host, until=100)
    assert host.aws.completions == 1


def test_heartbeats_keep_a_long_drain_alive() -> None:
    host = Host(AutoScaling(begins=0), needs=10 * DRAIN_HEARTBEAT_SECONDS)
    _play(host, until=11 * DRAIN_HEARTBEAT_SECONDS)
    assert (host.aws.completions, host.aws.timed_out) == (1, False)
    assert 30 <= host.asked.count(Question.BEAT) <= 31


def test_many_hosts_ask_seldom_and_not_together(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a simulation
    host = Host(AutoScaling(begins=3600), needs=600, chance=chance.random)
    _play(host, until=3600)
    assert 3600 / 12 <= len(host.asked) <= 3600 / 7
    early = [answered(begin(1000), 1000, waits=False, chance=at).ask_at for at in (0, 1)]
    assert early == [1002, 1004]
    beats = [answered(begin(0), 0, waits=True, chance=at).ask_at for at in (0, 1)]
    assert beats == [15, 20]
    ending = replace(begin(0), stage=Stage.COMPLETING)
    again = [answered(ending, 900, waits=False, chance=at).ask_at for at in (0, 1)]
    assert again == [901, 903]


def test_a_drain_asks_at_once_and_not_after_its_end() -> None:
    assert question(begin(5), 5) is Question.BEAT
    assert question(replace(begin(5), stage=Stage.DONE), 10) is None


def test_heartbeats_leave_programs_no_more_time_to_stop() -> None:
    stopping_since = replace(begin(5), stage=Stage.STOPPING)
    assert answered(stopping_since, 100, waits=True, chance=0).since == 5


@pytest.mark.parametrize("lies", [1, 2])
@pytest.mark.parametrize("needs", [1, 45])
def test_auto_scaling_may_deny_the_action_that_it_has_just_prolonged(
    needs: float, lies: int
) -> None:
    host = Host(AutoScaling(begins=0, lies=lies), needs=needs)
    _play(host, until=120)
    assert (host.aws.completions, host.aws.timed_out) == (1, False)


def test_a_hook_is_completed_once_and_never_left_whatever_crashes_and_whatever_is_lost(
    seed: int,
) -> None:
    """By a process that systemd restarts, and a network that is silent for 15 s at most."""
    for number in range(repeats(quick=200, ci=500, all=20_000)):
        chance = random.Random(f"{seed}/{number}")  # noqa: S311 - a simulation
        aws = AutoScaling(begins=chance.uniform(0, 300), lies=chance.randrange(3))
        begins = chance.uniform(0, 600)
        gap = begins, begins + chance.uniform(0, 15)
        lost = chance.choice(["request", "answer"])
        crashes = {STEP * chance.randrange(2000) for _ in range(chance.randrange(8))}
        host = Host(
            aws,
            needs=chance.uniform(0, 400),
            chance=chance.random,
            silence=partial(_silent, gap, lost),
        )
        _play(host, until=1000, crash=crashes.__contains__)
        why = f"PORTER_TEST_SEED={seed}, number {number}"
        assert (aws.completions, aws.timed_out) == (1, False), why
        assert host.stopped(1000), why


def test_a_host_whose_hook_timed_out_stops_in_order_and_says_so() -> None:
    host = Host(AutoScaling(begins=0), needs=200)
    _play(host, until=10)
    host.aws.timed_out = True
    for now in range(10, 600):
        host.step(now)
    assert host.stopped(600)
    assert host.drain
    assert host.drain.stage is Stage.DONE
    assert host.drain.why == "Auto Scaling accepted no end of the wait within 60 s: it is over"


@pytest.mark.parametrize(
    ("stage", "longest", "then", "why"),
    [
        (Stage.WAITING, stages.LONGEST_WAIT, Stage.DONE, "not drained: .* within 4200 s"),
        (Stage.STOPPING, stages.LONGEST_STOP, Stage.COMPLETING, "not everything .* within 1800 s"),
        (Stage.COMPLETING, stages.LONGEST_COMPLETION, Stage.DONE, "no end .* within 60 s"),
    ],
)
def test_every_stage_is_bounded_and_says_which_bound_passed(
    stage: Stage, longest: float, then: Stage, why: str
) -> None:
    drain = replace(begin(1000), stage=stage)
    assert looked(drain, 1000 + longest - 1, stopped=False).stage is stage
    after = looked(drain, 1000 + longest, stopped=False)
    assert after.stage is then
    assert re.search(why, after.why)


def _spot(ends: float = 120.0) -> Drain:
    return told(begin(0), 0, hooked=False, ends=ends)


def test_a_spot_interruption_deregisters_waits_for_load_balancers_and_stops_in_time() -> None:
    drain = _spot()
    assert (drain.stage, question(drain, 0)) == (Stage.DEREGISTERING, Question.LEAVE)
    drain = answered(drain, 1, waits=True, chance=0)
    assert (drain.stage, question(drain, 40)) == (Stage.SETTLING, None)
    assert looked(drain, 30.9, stopped=False).stage is Stage.SETTLING
    drain = looked(drain, 31, stopped=False)
    assert (drain.stage, question(drain, 60)) == (Stage.STOPPING, None)
    assert looked(drain, 50, stopped=True).stage is Stage.DONE
    assert looked(drain, 119, stopped=False).stage is Stage.STOPPING
    late = looked(drain, 120, stopped=False)
    assert (late.stage, late.why) == (Stage.DONE, "not everything has stopped: EC2 ends this host")


def test_a_late_notice_shortens_every_stage() -> None:
    drain = answered(_spot(ends=20), 0, waits=True, chance=0)
    assert looked(drain, 5, stopped=False).stage is Stage.STOPPING


def test_aws_that_does_not_deregister_costs_half_of_the_time() -> None:
    drain = _spot()
    for now in (0.0, 3.0, 59.0):
        drain = answered(drain, now, waits=None, chance=1)
        assert now + 1 <= drain.ask_at <= now + 3
        drain = looked(drain, now, stopped=False)
        assert drain.stage is Stage.DEREGISTERING
    assert looked(drain, 60, stopped=False).stage is Stage.STOPPING


def test_a_host_that_waits_for_auto_scaling_hears_of_its_interruption_too() -> None:
    drain = told(begin(0), 100, hooked=True, ends=220)
    assert (drain.stage, drain.hooked) == (Stage.DEREGISTERING, True)
    drain = looked(answered(drain, 100, waits=True, chance=0), 130, stopped=False)
    assert question(drain, 130) is Question.BEAT
    drain = looked(drain, 140, stopped=True)
    assert question(drain, 140) is Question.COMPLETE
    assert answered(drain, 141, waits=True, chance=0).stage is Stage.DONE


def _spec() -> HostSpec:
    worker = ProcessWorkload(name="mailer", command=("/bin/true",))
    job = Job(name="report", command=("/bin/true",), schedule="daily")
    spec = host_spec()
    return replace(spec, workloads=(*spec.workloads, worker), jobs=(job,), lease_table=LEASES)


def _stops(host: FakeHost) -> list[str]:
    return [call.removeprefix("stop ") for call in host.calls() if call.startswith("stop ")]


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeHost:
    """A host whose systemctl is the first on PATH."""
    host = FakeHost(tmp_path)
    host.install_systemctl()
    monkeypatch.setenv("PATH", str(tmp_path / "usr/bin"), prepend=":")
    return host


def test_requests_end_before_programs_and_programs_before_jobs(host: FakeHost) -> None:
    for _ in stopping(_spec()):
        time.sleep(0.01)
    stops = _stops(host)
    assert set(stops[:2]) == {"porter-haproxy.socket", job_timer("report")}
    assert stops[2] == "porter-haproxy.service"
    assert set(stops[3:5]) == {"porter-web.service", "porter-mailer.service"}
    assert stops[5:] == [lease_unit("report")]


def test_a_job_at_hand_may_finish_before_its_unit_is_stopped(host: FakeHost) -> None:
    running = host.root / "systemd" / f"active-{lease_unit('report')}"
    running.touch()
    steps = stopping(_spec(), jobs_seconds=600)
    before: list[str] = []
    for _ in range(40):
        next(steps)
        time.sleep(0.01)
        before += _stops(host)
    assert "porter-web.service" in before
    assert lease_unit("report") not in before
    running.unlink()
    for _ in steps:
        time.sleep(0.01)
    assert _stops(host) == [lease_unit("report")]


def test_a_job_that_takes_longer_is_stopped(host: FakeHost) -> None:
    (host.root / "systemd" / f"active-{lease_unit('report')}").touch()
    for _ in stopping(_spec(), jobs_seconds=0):
        time.sleep(0.01)
    assert _stops(host)[-1] == lease_unit("report")


def test_before_an_end_jobs_stop_in_time_beside_programs_that_do_not(host: FakeHost) -> None:
    (host.root / "systemd" / f"active-{lease_unit('report')}").touch()
    ends = time.monotonic() + 6 * slowness()
    released = host.root / "released"
    slow = host.root / "shim/systemctl"
    slow.parent.mkdir()
    slow.write_text(
        f'#!/bin/sh\nif [ "$*" = "stop porter-haproxy.service" ]; then\n'
        f"while [ -d {host.root} ] && [ ! -e {released} ]; do sleep 0.1; done\nfi\n"
        f'exec {host.root}/usr/bin/systemctl "$@"\n'
    )
    slow.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(slow.parent), prepend=":")
        for _ in stopping(_spec(), seconds_left=lambda: ends - time.monotonic()):
            time.sleep(0.05)
    stopped = _stops(host)[2:]
    released.touch()
    assert time.monotonic() < ends
    assert set(stopped) == {
        *("porter-web.service", "porter-mailer.service"),
        lease_unit("report"),
    }


def test_a_job_that_failed_is_not_waited_for(host: FakeHost) -> None:
    (host.root / "systemd" / f"failed-{lease_unit('report')}").touch()
    ends = time.monotonic() + 60
    for _ in stopping(_spec(), jobs_seconds=600):
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_only_a_unit_that_does_not_stop_is_an_error(
    host: FakeHost, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Units that are not loaded have nothing to stop."""
    for unit in ("porter-web.service", "porter-mailer.service"):
        host.install_unit(unit)
    host.fail("stop", "porter-mailer.service")
    for _ in stopping(_spec()):
        time.sleep(0.01)
    assert caplog.messages == ["systemctl stop porter-mailer.service exited with 1"]
    assert capfd.readouterr().err == ""


def test_a_systemd_that_hangs_holds_no_heartbeat_up(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five seconds are a tenth here; without an answer a job may still run."""
    monkeypatch.setattr("porter.host.drain.stopping._ANSWER_SECONDS", 0.1)
    shim = host.root / "shim/systemctl"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\n[ "$1" != show ] || exec sleep 60\nexec {host.root}/usr/bin/systemctl "$@"\n'
    )
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent), prepend=":")
    stopped: dict[str, float] = {}
    for _ in stopping(_spec(), jobs_seconds=1):
        for call in host.called():
            stopped.setdefault(call, time.monotonic())
        time.sleep(0.01)
    waited = time.monotonic() - stopped["stop porter-web.service"]
    assert 0.7 < waited < 30


def test_jobs_of_which_systemd_says_nothing_run_on_and_one_question_asks_for_all(
    host: FakeHost, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    counted = host.root / "asked"
    shim = host.root / "shim/systemctl"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\n[ "$1" != show ] || echo "$*" >> {counted}\n'
        f'exec {host.root}/usr/bin/systemctl "$@"\n'
    )
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent), prepend=":")
    another = Job(name="backup", command=("/bin/true",), schedule="daily")
    host.fail("show", lease_unit("report"))
    steps = stopping(replace(_spec(), jobs=(*_spec().jobs, another)), jobs_seconds=600)
    ends = time.monotonic() + 1.5
    while time.monotonic() < ends:
        next(steps)
        time.sleep(0.05)
    assert lease_unit("report") not in _stops(host)
    assert len(counted.read_text().splitlines()) == 1
    host.mend("show", lease_unit("report"))
    for _ in steps:
        time.sleep(0.05)
    assert set(_stops(host)) == {lease_unit("report"), lease_unit("backup")}
    assert capfd.readouterr().err == ""
