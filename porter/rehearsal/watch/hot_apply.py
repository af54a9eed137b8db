"""Run `porter host apply --payload` on a host, whose role may read the payload meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

from porter.aws.clients import ERRORS, Clients
from porter.rehearsal.fleet.host import Host
from porter.rehearsal.local import keeper
from porter.spec import AssetLocation

WITHIN = 60
"""Seconds for the new program to become healthy: less than on EC2, because a person waits."""

_POLICY = "porter-rehearse-watch"


class HotApply:
    """A running `porter host apply` of `payload` on `host`; its output goes to a file in `folder`.

    One success of the health check suffices, because a person waits.
    """

    def __init__(self, host: Host, payload: AssetLocation, folder: Path) -> None:
        self.host = host
        self.payload = payload
        self._output: IO[bytes] = (folder / f"apply-{host.instance_id}").open("w+b")
        url = f"s3://{payload.bucket}/{payload.key}"
        words = ("porter", "host", "apply", "--payload", url, "--sha256", payload.sha256)
        argv = host.machine.command((*words, "--successes", "1", "--within", str(WITHIN)))
        self._process = keeper.start(argv, self._output)

    @property
    def code(self) -> int | None:
        """The exit code; None while it runs."""
        return self._process.poll()

    def end(self) -> None:
        """Kill it, if it still runs: the next one repairs what it left (ADR 0016)."""
        keeper.end(self._process)
        self._output.close()

    def reason(self) -> str:
        """Return what it said at the end, without its steps."""
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").strip().splitlines()
        first = next((n for n, line in enumerate(lines) if line.startswith("porter: ")), 0)
        return "\n".join(lines[first:]).removeprefix("porter: error: ")


def grant(hosts: Iterable[Host], payload: AssetLocation) -> None:
    """Let the roles of `hosts` read `payload`; a template grants only what was deployed."""
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{payload.bucket}/{payload.key}",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for aws, role in _roles(hosts):
        aws["iam"].put_role_policy(RoleName=role, PolicyName=_POLICY, PolicyDocument=document)


def revoke(hosts: Iterable[Host]) -> None:
    """Take that back: IAM does not delete a role that has another's policy."""
    for aws, role in _roles(hosts):
        with suppress(*ERRORS):
            aws["iam"].delete_role_policy(RoleName=role, PolicyName=_POLICY)


def remove(host: Host, payload: AssetLocation) -> None:
    """Remove `payload` from the bucket: the host keeps what it runs."""
    if host.origin:
        with suppress(*ERRORS):
            host.origin.aws["s3"].delete_object(Bucket=payload.bucket, Key=payload.key)


def _roles(hosts: Iterable[Host]) -> set[tuple[Clients, str]]:
    return {(host.origin.aws, host.origin.role_name) for host in hosts if host.origin}
