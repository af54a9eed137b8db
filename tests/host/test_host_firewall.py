"""An apply fails where systemd cannot deny addresses, on which every sandbox relies."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.system.confirm_denied import ConfirmDenied

IGNORANT = '#!/bin/sh\nwhile [ "${1#--}" != "$1" ]; do shift; done\nexec "$@"\n'
"""A systemd-run without BPF: it ignores `IPAddressDeny=` (systemd.resource-control(5))."""


def confirm(root: Path, program: str) -> None:
    """Perform the step on a machine whose systemd-run is `program`."""
    path = root / "usr/bin/systemd-run"
    path.parent.mkdir(parents=True)
    path.write_text(program)
    path.chmod(0o755)
    ConfirmDenied(sys.executable).perform(Machine(Layout(root)))


def test_a_machine_that_ignores_the_denial_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PorterError, match="IPAddressDeny= has no effect"):
        confirm(tmp_path, IGNORANT)


def test_a_denied_connection_confirms_it(tmp_path: Path) -> None:
    unshared = IGNORANT.replace("exec ", "exec unshare --net --map-root-user ")
    confirm(tmp_path, unshared)


def test_a_unit_that_cannot_start_is_no_confirmation(tmp_path: Path) -> None:
    with pytest.raises(PorterError, match="exit code 1: no bus"):
        confirm(tmp_path, "#!/bin/sh\necho no bus\nexit 1\n")
