"""The version that both ends must share."""

from __future__ import annotations

from porter.spec.check import check_integer, refuse

SCHEMA = 1
"""Version of `HostSpec` and `Deployment`; a host refuses any other."""


def check_schema(value: object) -> None:
    """Check that `value` is the schema version of this porter."""
    check_integer("schema", value, 1, 1_000_000)
    if value != SCHEMA:
        raise refuse(
            "schema",
            f"is version {value}, this porter speaks version {SCHEMA}",
            cure="synthesize again, so that bundle and payload come from one porter",
        )
