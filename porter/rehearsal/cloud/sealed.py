"""Payloads with secrets from commands: no two KMS encrypt them alike, or decrypt each other's."""

from __future__ import annotations

from pathlib import Path

from porter.errors import PorterError
from porter.rehearsal.cloud.specs import secrets, specs


def sealed(assembly: Path) -> list[str]:
    """Return the hosts whose payload in `assembly` holds a secret from a command."""
    return [
        host
        for host, spec in specs(assembly)
        if any(secret["store"] == "command" for secret in secrets(spec))
    ]


def differing(assembly: Path) -> list[str]:
    """Return a line for each payload in `assembly` that a deployment encrypts anew."""
    why = "its secrets are encrypted with another data key"
    return [f"the payload of {host}: {why}" for host in sealed(assembly)]


def refuse(assembly: Path) -> None:
    """Raise `PorterError` if the embedded AWS cannot decrypt a payload in `assembly`."""
    for host in sealed(assembly):
        raise PorterError(
            f"the payload of {host} has a secret from a command, which only the real KMS decrypts",
            where=str(assembly),
            cure="rehearse the app instead: porter rehearse, without --app",
        )
