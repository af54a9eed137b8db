"""Reasons that booted rehearsals with more in them observe, by `told(NAME).is_seen_in(...)`."""

from __future__ import annotations

from tests.failures.rows import Told

AGENTS = (
    Told(
        name="package-checksum",
        seen="porter host apply: phase splunk: s3://…: has the SHA-256 …, and must have …",
        why="The package is not the one that the app names by its SHA-256; nothing was installed.",
        cure="Compare with what its maker publishes. Was the object replaced?",
    ),
    Told(
        name="licence-refused",
        seen="phase splunk: …splunk enable boot-start …You must agree to the license",
        why="Splunk's own program refused its licence, or something else of its set-up.",
        cure="Read its words. Is the package the universal forwarder's?",
    ),
)

_TOLD = {row.name: row for row in AGENTS}


def told(name: str) -> Told:
    """The row `name`."""
    return _TOLD[name]
