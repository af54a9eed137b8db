"""Reasons that other tests observe, with `told(NAME).is_seen_in(...)`."""

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

ENTRY = (
    Told(
        name="hook-refused",
        seen="hello is healthy, but cannot complete its launching hook: porter-launch of …: …",
        why="Auto Scaling refuses the host, or the host does not reach Auto Scaling. AWS's own "
        "words follow.",
        cure="Without a route to the Internet, make VPC endpoints for `autoscaling` and "
        "`elasticloadbalancing`. Look for a policy that denies "
        "`autoscaling:CompleteLifecycleAction`.",
    ),
)

_TOLD = {row.name: row for row in (*AGENTS, *ENTRY)}


def told(name: str) -> Told:
    """Return the row `name`."""
    return _TOLD[name]
