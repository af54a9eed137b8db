"""The embedded AWS as a process: its requirements, and its exit with its parent."""

from __future__ import annotations

import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.cloud.emulator import Emulator, gaps, private_names
from tests.harness.traces import until


def test_another_version_of_ministack_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private_names, "TESTED", "1.0.0")
    with pytest.raises(PorterError, match=r"must be version 1\.0\.0, is .*ministack==1\.0\.0"):
        gaps.fill(tmp_path / "signals")


def test_without_the_extra_the_cure_is_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ministack", None)
    with pytest.raises(PorterError, match=r"pip install 'porter-cdk\[rehearse\]'"):
        Emulator(tmp_path).start()


ORPHAN = """
import os, pathlib, signal, sys
from porter.rehearsal.fleet.credentials import RoleCredentials
from porter.rehearsal.cloud.emulator import Emulator
emulator = Emulator(pathlib.Path(sys.argv[1]))
emulator.start()
print(emulator.endpoint, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_embedded_aws_ends_with_a_killed_parent(tmp_path: Path) -> None:
    parent = subprocess.run(
        [sys.executable, "-c", ORPHAN, str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )
    endpoint = parent.stdout.strip()
    assert endpoint.startswith("http://localhost:"), parent.stderr
    assert until(lambda: not _answers(endpoint), 5)


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(endpoint + "/_ministack/health", timeout=1):
            return True
    except OSError:
        return False
