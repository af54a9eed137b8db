"""The host with both agents: its forwarder's log and process, and what reached the receiver."""

from __future__ import annotations

import json
from typing import Any

from tests.harness.staying import Staying
from tests.harness.traces import until

HEALED_SECONDS = 30.0
UNIT = "SplunkForwarder.service"
LOCAL = "/opt/splunkforwarder/etc/system/local"


def received(there: Staying) -> list[dict[str, Any]]:
    """Return every entry that the receiver has printed."""
    printed = there.run("journalctl", "--unit=porter-receiver", "--output=cat", "--no-pager")
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def arrives(there: Staying, line: str, source: str = "") -> dict[str, Any]:
    """Wait for an entry from `source` that contains `line`, and return the first."""

    def found() -> list[dict[str, Any]]:
        lines = [entry for entry in received(there) if line in entry["line"]]
        return [entry for entry in lines if source in entry["source"]]

    assert until(lambda: bool(found()), HEALED_SECONDS), received(there)
    return found()[0]


def said(there: Staying) -> str:
    """Return the forwarder's log."""
    return there.run("journalctl", f"--unit={UNIT}", "--output=cat", "--no-pager")


def process(there: Staying, field: str) -> str:
    """Return `field` of /proc/PID/status for the forwarder's main process."""
    pid = there.run("systemctl", "show", "--property=MainPID", "--value", UNIT)
    status = there.run("cat", f"/proc/{pid}/status")
    return next(line for line in status.splitlines() if line.startswith(field)).split(":")[1]
