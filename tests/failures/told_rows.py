"""Reasons that larger booted rehearsals observe, with `told(NAME).is_seen_in(...)`."""

from __future__ import annotations

from tests.failures.rows import Told

AGENTS = (
    Told(
        name="package-checksum",
        seen="porter host apply: phase splunk: s3://…: has the SHA-256 …, and must have …",
        why="The package's SHA-256 differs from the one that the app names. porter installed "
        "nothing.",
        cure="Compare the package with the one that its vendor publishes. Check whether someone "
        "replaced the object.",
    ),
    Told(
        name="licence-refused",
        seen="phase splunk: …splunk enable boot-start …You must agree to the license",
        why="Splunk's own program refused its licence, or another part of its set-up.",
        cure="Read Splunk's message. Check that the package is the universal forwarder.",
    ),
)

_TOLD = {row.name: row for row in AGENTS}


def told(name: str) -> Told:
    """Return the row `name`."""
    return _TOLD[name]
