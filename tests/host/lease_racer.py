"""Hosts that claim a lease at the same time, each as a process."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.host.lease_host import LeaseHost

ACCOUNT = "123456789012"
RACER = str(Path(__file__).parent / "racer.py")


def environment(endpoint: str, metadata: str) -> dict[str, str]:
    """Return the variables with the endpoints of the embedded AWS and of the host's metadata."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": metadata,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_PROFILE": "of-somebody",  # ignored on a host
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }


class Racer:
    """A host as a process that runs one command after another."""

    def __init__(self, host: LeaseHost, name: str) -> None:
        self.process = host.start(RACER, name)
        assert self.answer() == "ready"

    def tell(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.communicate(timeout=30)
