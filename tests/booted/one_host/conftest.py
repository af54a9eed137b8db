"""The shared host: one booted machine, one Docker, one reboot for the modules of this folder.

A process that runs one of the modules boots the host; the last test of the folder ends it. So
pytest-xdist gives the whole folder to one worker (tests/harness/workers.py).
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from tests.booted.one_host.app import shared_app
from tests.booted.one_host.known import Known
from tests.booted.spilled import CommandLines
from tests.harness.sandbox import Sandbox, a_sandbox
from tests.harness.staying import Staying


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The sandbox of the folder; every rehearsal in it boots machines."""
    with a_sandbox("--machine", "systemd") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def lines() -> Iterator[CommandLines]:
    """Every command line of this machine and its hosts since before the rehearsal."""
    with CommandLines() as lines:
        yield lines


@pytest.fixture(scope="session")
def process(sandbox: Sandbox, lines: CommandLines) -> subprocess.Popen[str]:
    """The rehearsal; sampling of `lines` starts first. Synthesis skips CDK's validator."""
    assert lines
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "false")
        return sandbox.start(shared_app(sandbox), "--stay", "--timeout", "900")


@pytest.fixture(scope="session")
def there(sandbox: Sandbox, process: subprocess.Popen[str]) -> Staying:
    """The rehearsal once it stays; each bucket has an object."""
    there = sandbox.staying(process)
    assert there.url, there.err
    s3 = clients(Environment(), there.endpoint)["s3"]
    for bucket in s3.list_buckets()["Buckets"]:
        s3.put_object(Bucket=bucket["Name"], Key="a", Body=b"the object")
    return there


@pytest.fixture(scope="session")
def known(there: Staying) -> Known:
    """The secrets in the rehearsal's AWS."""
    return Known(there, clients(Environment(), there.endpoint))
