"""An outcome reaches the lease and EventBridge, even after a lost answer or a refused event."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from porter.aws.leases import Lease
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.jobs import files, run
from porter.host.jobs.settle import LostError, settle
from tests.daemon.loopback import Handler, Server, running
from tests.harness import leases
from tests.host.lease_racer import environment

LEASE = replace(leases.LEASE, occurrence=1_700_000_000, schedule="minutely", expires=1_700_000_120)
FAILED = replace(LEASE, state="failed")
"""The lease after `settle` has written the outcome of a run that never started."""

REFUSED = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}


class Aws(Server):
    """A table with one lease, and EventBridge, which refuses the first `refusals` events.

    Sources: the API references of DynamoDB (PutItem fails with ConditionalCheckFailedException,
    status 400) and of EventBridge (PutEvents answers 200, and counts refused entries in
    `FailedEntryCount`; such an entry has `ErrorCode` and `ErrorMessage` in place of `EventId`).
    """

    def __init__(self) -> None:
        super().__init__(AwsHandler)
        self.lease = LEASE
        self.refusals = 0
        self.asked: list[str] = []
        self.events: list[Any] = []


class AwsHandler(Handler):
    """The handler of an `Aws`."""

    server: Aws

    def do_POST(self) -> None:  # noqa: N802 - the base's
        """Perform the operation that the header names."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        self.server.asked.append(operation)
        status, said = getattr(self, operation)(body)
        self.answer(status, json.dumps(said).encode())

    def PutItem(self, body: Any) -> tuple[int, Any]:  # noqa: N802 - the operation's name
        """Write the item if the lease meets the condition."""
        values, lease = body["ExpressionAttributeValues"], self.server.lease
        if values != {":token": {"N": str(lease.token)}, ":state": {"S": lease.state}}:
            return 400, {"__type": "com.amazonaws.dynamodb#ConditionalCheckFailedException"}
        self.server.lease = replace(lease, state=body["Item"]["state"]["S"])
        return 200, {}

    def GetItem(self, body: Any) -> tuple[int, Any]:  # noqa: N802 - the operation's name
        """Return the lease; a read that need not be consistent may miss the last write."""
        lease = self.server.lease if body.get("ConsistentRead") else LEASE
        pairs = asdict(lease).items()
        item = {key: {"N" if isinstance(one, int) else "S": str(one)} for key, one in pairs}
        return 200, {"Item": item}

    def PutEvents(self, body: Any) -> tuple[int, Any]:  # noqa: N802 - the operation's name
        """Accept the event, or refuse it."""
        if self.server.refusals:
            self.server.refusals -= 1
            return 200, {"FailedEntryCount": 1, "Entries": [REFUSED]}
        self.server.events += body["Entries"]
        return 200, {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    server = Aws()
    url = f"http://127.0.0.1:{server.port}"
    for name, value in environment(url, url).items():
        monkeypatch.setenv(name, value)
    with running(server):
        yield server


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A host with a run to settle."""
    machine = Machine(Layout(tmp_path))
    run.write(machine, DONE)
    return machine


DONE = run.Run(
    service="hello",
    stack_id="arn:aws:cloudformation:eu-central-1:123456789012:stack/Hello/1",
    region="eu-central-1",
    table="Leases",
    lease=LEASE,
    began=time.monotonic(),
)


def test_an_event_that_eventbridge_refuses_is_sent_again(
    aws: Aws, machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    aws.refusals = 1
    with caplog.at_level(logging.WARNING):
        settle(machine, DONE)
    assert "EventBridge: AWS: Rate exceeded; again in" in caplog.text
    [event] = aws.events
    detail = json.loads(event.pop("Detail"))
    assert event == {
        "Source": "porter",
        "DetailType": "Porter Job Failed",
        "Resources": [DONE.stack_id],
    }
    assert detail.pop("seconds") >= 0
    assert detail == {
        "service": "hello",
        "stack": DONE.stack_id,
        "job": "report",
        "occurrence": "2023-11-14T22:13:20Z",
        "host": "i-a",
        "token": 7,
        "result": "not-started",
        "exitCode": None,
    }
    assert aws.asked == ["PutItem", "PutEvents", "PutEvents"]


def test_an_outcome_whose_first_answer_was_lost_is_still_sent(aws: Aws, machine: Machine) -> None:
    """The SDK retries, and the condition fails because the table has the outcome already."""
    aws.lease = FAILED
    outcome = settle(machine, DONE)
    assert (outcome.result, outcome.succeeded) == ("not-started", False)
    assert aws.asked == ["PutItem", "GetItem", "PutEvents"]
    assert run.read(machine, "report") is None


@pytest.mark.parametrize(
    "others", [replace(FAILED, token=8, holder="i-b"), replace(FAILED, state="succeeded")]
)
def test_an_outcome_that_does_not_count_is_not_sent(
    aws: Aws, machine: Machine, others: Lease
) -> None:
    aws.lease = others
    with pytest.raises(LostError, match=r"2023-11-14T22:13:20Z: .*: token 7 is refused"):
        settle(machine, DONE)
    assert aws.events == []
    assert run.read(machine, "report") is None


@pytest.mark.parametrize(
    ("ended", "state", "code"),
    [
        (("success", "exited", "0"), "succeeded", 0),
        (("exit-code", "exited", "3"), "failed", 3),
        (("timeout", "killed", "TERM"), "failed", None),
        (("oom-kill", "killed", "KILL"), "failed", None),
    ],
)
def test_a_run_is_reported_as_it_ended(
    aws: Aws, machine: Machine, ended: tuple[str, str, str], state: str, code: int | None
) -> None:
    """To the lease, to EventBridge and to `porter host show`; see systemd.exec(5) for `ended`."""
    path = Path(files.ended(machine.layout, "report"))
    subprocess.run([sys.executable, "-m", "porter.host.jobs.ended", path, *ended], check=True)
    outcome = settle(machine, replace(DONE, began=time.monotonic() - 100))
    assert outcome.succeeded == (state == "succeeded")
    assert aws.lease == replace(LEASE, state=state)
    [event] = aws.events
    detail = json.loads(event["Detail"])
    assert event["DetailType"] == f"Porter Job {state.capitalize()}"
    assert (detail["result"], detail["exitCode"]) == (ended[0], code)
    assert 100 <= detail["seconds"] < 200
    kept = machine.read(files.outcome(machine.layout, "report"))
    assert kept
    assert kept.mode == 0o644
    assert json.loads(kept.content) == asdict(outcome)
