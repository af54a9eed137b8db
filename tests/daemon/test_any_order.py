"""Checks, kills, faults and corrected clocks in any order: one signal at last, the right one."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from porter.aws.metadata import Metadata
from porter.daemon import signaller
from porter.daemon.gate import Observation, advance, given_up, interrupted, open_gate
from porter.daemon.gate import Phase as Of
from porter.daemon.journal import Journal
from porter.daemon.settings import Settings
from porter.daemon.signaller import Signaller
from porter.spec import HealthCheck, HostSpec, Porterd
from tests.daemon.loopback import INSTANCE_ID, Imds, WaitHandle, running
from tests.harness.effort import repeats

CHECK = HealthCheck("/health", healthy_threshold=2)
TIMEOUT = 600
FAULTS = st.lists(st.sampled_from([500, 503, "reset"]), max_size=6)


class OneSignal(RuleBasedStateMachine):
    """A porterd that is killed and started again, and what CloudFormation hears of it.

    The gate's clock is the machine's own, so hours pass at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.imds, self.handle = Imds(), WaitHandle()
        self.stack.enter_context(running(self.imds))
        self.stack.enter_context(running(self.handle))
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        spec = HostSpec(
            schema=1, service="hello", timeout_seconds=TIMEOUT, porterd=Porterd(port=3001)
        )
        self.settings = Settings(
            spec=spec,
            region="eu-west-1",
            handle_url=self.handle.url,
            state_directory=self.folder,
            runtime_directory=self.folder,
        )
        self.intended: Of | None = None
        self.start()

    def teardown(self) -> None:
        """Let the network work: the signal of a decided gate arrives."""
        with self.stack:
            self.handle.script, self.imds.script = [], []
            self.attempted(9)
            assert self.signaller.record.state == ("sent" if self.gate.decided else "none")
            self.one_signal()

    def start(self) -> None:
        """Start porterd, which reads its journal."""
        journal = Journal(self.folder, self.handle.url)
        self.signaller = Signaller(self.settings, Metadata(self.imds.url), journal)
        record = self.signaller.record
        gate = open_gate(CHECK, opened_at=record.started_at, timeout_seconds=TIMEOUT)
        if record.state != "none":
            gate = replace(gate, phase=Of.HEALTHY if record.status == "SUCCESS" else Of.FAILED)
        self.gate, self.now = gate, time.time()

    def attempted(self, records: int) -> None:
        """Attempt to signal; stop after so many written records, as if killed."""
        fresh = self.signaller.record.state == "none"
        for _, _ in zip(range(records), self.signaller.attempt(self.gate), strict=False):
            pass
        if fresh and self.signaller.record.state != "none":
            self.intended = self.gate.phase

    @rule(status=st.sampled_from([200, 500]), later=st.sampled_from([0.1, 10.0, 300.0]))
    def check(self, status: int, later: float) -> None:
        self.now += later
        problem = "" if status == 200 else "answered 500"
        seen = Observation(at=self.now, ok=not problem, status=status, seconds=0.1, problem=problem)
        self.gate = advance(self.gate, seen, self.now)

    @rule()
    def a_process_ends(self) -> None:
        self.gate = interrupted(self.gate)

    @rule()
    def a_program_gives_up(self) -> None:
        self.gate = given_up(self.gate, "gave up")

    @rule(faults=FAULTS)
    def the_network_fails(self, faults: list[int | float | str]) -> None:
        self.handle.script = faults

    @rule(error=st.sampled_from([500, "reset"]), count=st.integers(1, 3))
    def metadata_fail(self, error: int | str, count: int) -> None:
        self.imds.script = [error] * count

    @rule()
    def attempt(self) -> None:
        self.attempted(9)

    @precondition(lambda self: self.gate.decided)
    @rule(records=st.integers(0, 2))
    def attempt_and_be_killed(self, records: int) -> None:
        self.attempted(records)
        self.start()

    @rule()
    def be_killed(self) -> None:
        self.start()

    @rule(seconds=st.sampled_from([-7200.0, -60.0, 60.0, 7200.0]))
    def the_clock_is_corrected(self, seconds: float) -> None:
        """The record keeps a start by the clock of before; porterd is started again."""
        record = self.signaller.record
        Journal(self.folder, self.handle.url).write(
            replace(record, started_at=record.started_at + seconds)
        )
        self.start()

    @invariant()
    def one_signal(self) -> None:
        assert len({put.body for put in self.handle.puts}) <= 1
        for put in self.handle.puts:
            assert put.signal["UniqueId"] == INSTANCE_ID
            status = "SUCCESS" if self.intended is Of.HEALTHY else "FAILURE"
            assert put.signal["Status"] == status

    @invariant()
    def nothing_follows_a_settled_signal(self) -> None:
        if self.signaller.record.settled:
            count = len(self.handle.puts)
            assert list(self.signaller.attempt(self.gate)) == []
            assert len(self.handle.puts) == count


def test_whatever_happens_there_is_one_signal(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(signaller, "SEND_SECONDS", 0.3)
    play = seeded(seed)(OneSignal)
    plan = settings(
        max_examples=repeats(ci=20, all=300),
        stateful_step_count=20,
        deadline=None,
        database=None,
        phases=[Phase.generate],
    )
    run_state_machine_as_test(play, settings=plan)
