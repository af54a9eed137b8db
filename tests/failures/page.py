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

Generated from the tests' table: each row is rehearsed, and its words are compared.

A deployment that fails says why in the stack's events, and `porter rehearse` and `porter deploy`
end with exit code 1. Whoever knows first tells, so the reason comes when it is certain and not at
CloudFormation's time-out. In the events it stands within CloudFormation's own words:

    WaitCondition received failed message: 'REASON' for uniqueId: i-0123456789abcdef0

A reason is one line of at most 1 KB, lines joined by a bar, secret values left out. Below, … stands
for what differs from run to run.
"""

_WHEN = {
    "Synthesis refuses the app": "Told at once, in your own traceback; nothing is deployed.",
    "The host does not get as far as its service": (
        "Told by the bootstrap or by `porter host apply`, when the step fails. The bootstrap asks "
        "S3 again for a minute, since a new role's permissions take a while to get there."
    ),
    "The machine is not as it should be": (
        "Told by whoever meets it first: the bootstrap, `porter host apply` or porterd. These need "
        "`porter rehearse --machine systemd`. Slow instance metadata, or a first answer of S3 that "
        "never comes, only cost their seconds."
    ),
    "The service does not become healthy": (
        "Told by porterd. A process that keeps ending is known at its third exit, within 15 "
        "seconds if it ends at once. Everything else may still pass: porterd gives up after three "
        "quarters of the time-out (here of 60 seconds), and at the latest three minutes before "
        "CloudFormation."
    ),
    "A worker is not well": (
        "Told by porterd, as of the service itself: at the third exit, or when it gives up (here "
        "of a time-out of 40 seconds)."
    ),
    "A secret cannot be had, or not be used": (
        "Told by `porter host apply`, of a secret before it installs or starts anything. A refusal "
        "is asked about again for 12 seconds, since a new role's permissions take a while."
    ),
    "A container cannot be": (
        "Told by `porter host apply`, before it starts anything; what a registry may get over is "
        "tried again a few times. That it does not stay up is told by porterd, at the third end of "
        "its unit; by then Docker has started it 18 times, unless `restarts` says otherwise."
    ),
    "An agent cannot be set up": (
        "Told by `porter host apply`. An agent that was set up and cannot deliver fails nothing: "
        "it remembers its place, and goes on when its receivers are back."
    ),
    "CloudFormation hears nothing": (
        "Told by CloudFormation itself, at its time-out. A trouble that passes (an error, a reset "
        "connection, a slow answer) only costs its seconds. Whether the service was healthy stands "
        "in porterd's log, at the end of what the rehearsal prints: `journalctl -u porterd`. A "
        "host that did not get as far is heard on its console only, whose end stands there, too."
    ),
}

_HEAD = "| what you see | why | what to do |\n|---|---|---|\n"

_FAULTS = """\

## Break it yourself

`porter rehearse --fault NAME` breaks one thing on purpose:

"""


def render() -> str:
    """The whole page."""
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
