"""Write the environments of a host again, as after a boot."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.host.fake_host import FakeHost


def restore(host: FakeHost) -> subprocess.CompletedProcess[str]:
    """Run what `porter-environment.service` runs."""
    return subprocess.run(
        [sys.executable, "-m", "porter.host.environment"],
        env={**os.environ, "PORTER_ROOT": str(host.root)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
