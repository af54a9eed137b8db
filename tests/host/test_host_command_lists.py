"""The steps of a first apply on each family of systems, as golden files.

No rehearsal can boot Amazon Linux 2023, so its commands are compared here.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from porter.host.apply import dry_run
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState, KernelSetting
from tests.harness.golden import golden
from tests.host.fake_host import FakeHost, host_deployment, host_spec

GOLDEN = Path(__file__).parent / "golden"
SYSTEMS = {
    "amazon_linux_2023": ('ID="amzn"\nVERSION_ID="2023"\n', "dnf"),
    "debian_12": ('ID=debian\nVERSION_ID="12"\n', "apt-get"),
}


@dataclass(frozen=True)
class Image(Machine):
    """A host whose files are in `folder`; porter plans for the root `/`."""

    folder: Path = Path()

    def read(self, path: Path) -> FileState | None:
        return Machine.read(self, self.folder / path.relative_to("/"))

    def names(self, folder: Path) -> tuple[str, ...]:
        return Machine.names(self, self.folder / folder.relative_to("/"))

    def program(self, name: str) -> Path | None:
        found = Machine(Layout(self.folder)).program(name)
        return Path("/") / found.relative_to(self.folder) if found else None

    def kernel(self, key: str) -> KernelSetting | None:
        """Return the setting as root sees it, whoever runs the tests."""
        found = Machine(Layout(self.folder)).kernel(key)
        return found and replace(found, writable=True)

    def units(self, *names: str) -> dict[str, UnitState]:
        journal = UnitState(load="loaded", active="active", enabled=True)
        return {name: journal if "journald" in name else UnitState() for name in names}


def image(folder: Path, name: str) -> Machine:
    """Return the image of the system `name`, as it is before the first apply."""
    release, manager = SYSTEMS[name]
    host = FakeHost(folder)
    host.boot(host_spec(), host_deployment())
    (folder / "etc/os-release").write_text(release)
    for program in (f"usr/bin/{manager}", "usr/bin/systemctl", "usr/sbin/sysctl"):
        path = folder / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o755)
    for key, value in (("ip_local_reserved_ports", ""), ("tcp_slow_start_after_idle", "1")):
        path = folder / "proc/sys/net/ipv4" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value + "\n")
    return Image(Layout(), folder)


def command_list(machine: Machine) -> dict[str, Any]:
    """Return the report of a dry run, without the contents of files."""
    report = dry_run(machine, ports={}, environment={}).as_json()
    for phase in report["phases"]:
        for step in phase["steps"]:
            step.pop("content", None)
    return report


@pytest.mark.parametrize("name", SYSTEMS)
def test_commands_of_a_first_apply(tmp_path: Path, name: str) -> None:
    text = json.dumps(command_list(image(tmp_path, name)), indent=2) + "\n"
    text = text.replace(sys.executable, "/PYTHON")
    assert text == golden(GOLDEN / f"{name}.json", text)
