"""Write docs/explanation/failure-states.md from the table: `python -m tests.failures.page`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from porter.rehearsal.faults import table
from tests.failures.rows import Failure, Told
from tests.failures.table import SECTIONS

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "failure-states.md"

_INTRODUCTION = """\
# Failure states

When a deployment fails, `porter rehearse` and `porter deploy` print the reason and exit with 1.
Find the reason in the tables below: each row says why the deployment failed, and what to do.

The reason is also in the stack's events, within CloudFormation's own words:

    WaitCondition received failed message: 'REASON' for uniqueId: i-0123456789abcdef0

Each failure is reported by the component that can detect it earliest.
So the reason arrives when the failure is certain, and not only at CloudFormation's time-out.

A reason is one line of at most 1 KB, without secret values.
A bar joins the lines of a longer message.
In the tables, … stands for text that differs from run to run.

This page is generated from a table of the tests.
The tests rehearse every row and compare its words.
"""

_WHEN = {
    "Synthesis refuses the app": """\
Your own traceback shows the reason at once.
Nothing is deployed.""",
    "EC2 launches no host": """\
`porter deploy` prints each refusal within a minute, and again beside the stack's reason.
CloudFormation itself waits much longer, because Auto Scaling tries again and again.
A rehearsal ends at the third refusal.""",
    "The host fails before it starts the service": """\
The bootstrap or `porter host apply` reports the failure of its step.
The bootstrap retries S3 for a minute: the permissions of a new role take a while to arrive.""",
    "The machine or its network is broken": """\
The bootstrap, `porter host apply` or porterd reports the failure.
Run `porter rehearse --machine systemd` to rehearse these rows.
Slow instance metadata, or a first request to S3 without an answer, only delays the boot.""",
    "The service does not become healthy": """\
porterd reports the failure.
If a process keeps exiting, porterd reports the third exit: within 15 seconds if it exits at once.
All other failures may be temporary, so porterd waits for three quarters of the time-out.
The time-out is 60 seconds here.
With a time-out above 12 minutes, porterd gives up three minutes before it ends.""",
    "A worker fails": """\
porterd reports the failure as it does for the service itself.
It reports the third exit, or a check that still fails when it gives up.
The time-out is 40 seconds here.""",
    "A secret cannot be read or used": """\
`porter host apply` reads secrets before it installs or starts anything, and reports the failure.
If AWS denies access, it retries for 12 seconds: new permissions take a while to arrive.""",
    "A container cannot start": """\
`porter host apply` reports the failure before it starts anything.
It retries a few times what a registry may recover from.
porterd reports a container that exits, at the third exit of its unit.
By then Docker has started the container 18 times, unless `restarts` says otherwise.""",
    "An agent cannot be installed": """\
`porter host apply` reports the failure.
An installed agent that cannot deliver fails nothing: it continues when its receivers are back.""",
    "CloudFormation receives no signal": """\
CloudFormation fails the stack at its time-out, and knows no reason.
A temporary fault (an error, a reset connection, a slow answer) only delays the signal.

The rehearsal prints the end of porterd's log, which says whether the service was healthy.
On a host, run `journalctl -u porterd`.
A host that failed before porterd started writes only to its console.
The rehearsal prints the end of the console, too.""",
}

_HEAD = "| what you see | why | what to do |\n|---|---|---|\n"

_FAULTS = """\

## Rehearse a fault

Run `porter rehearse --fault NAME` to cause one of these faults on purpose:

"""


def render() -> str:
    """Return the whole page."""
    faults = "".join(f"    {line}\n" for line in table().splitlines())
    return _INTRODUCTION + "".join(_sections()) + _FAULTS + faults


def _sections() -> Iterator[str]:
    for title, rows in SECTIONS.items():
        yield f"\n## {title}\n\n{_WHEN[title]}\n\n{_HEAD}"
        yield from (_row(row) for row in rows)


def _row(row: Failure | Told) -> str:
    return f"| `` {row.seen} `` | {row.why} | {row.cure} |\n"


if __name__ == "__main__":
    PAGE.write_text(render(), "utf-8")
