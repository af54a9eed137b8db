"""The table of operating systems, and packages from the system's package manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.steps import InstallPackages
from porter.host.core.systems import APT, DNF, SYSTEMS, manager_of, system


def program(root: Path, name: str, text: str) -> None:
    """Put the shell script `text` on the PATH of the machine at `root`."""
    path = root / "usr/bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def os_release(root: Path, text: str, path: str = "etc/os-release") -> Machine:
    """Return the machine at `root` with `text` as its os-release."""
    file = root / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return Machine(Layout(root))


@pytest.mark.parametrize(
    ("text", "name", "manager"),
    [
        ('ID="amzn"\nVERSION_ID="2023"\n', "Amazon Linux 2023", DNF),
        ('PRETTY_NAME="x"\nVERSION_ID="12"\nID=debian\n', "Debian 12", APT),
        ("ID=debian\nVERSION_ID=13", "Debian 13", APT),
        ('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"', "Ubuntu 22.04", APT),
        ("ID=ubuntu\nVERSION_ID='24.04'", "Ubuntu 24.04", APT),
    ],
)
def test_supported_systems_are_known_by_os_release(
    tmp_path: Path, text: str, name: str, manager: object
) -> None:
    here = system(os_release(tmp_path, text))
    assert (here.name, here.manager, here.supported) == (name, manager, True)


def test_every_supported_system_is_in_the_table_once() -> None:
    assert len({(known.id, known.version) for known in SYSTEMS}) == len(SYSTEMS) == 5


def test_os_release_below_usr_counts_where_etc_has_none(tmp_path: Path) -> None:
    machine = os_release(tmp_path, "ID=debian\nVERSION_ID=12\n", "usr/lib/os-release")
    assert system(machine).name == "Debian 12"


def test_an_unknown_system_is_taken_for_its_package_managers_family(tmp_path: Path) -> None:
    machine = os_release(tmp_path, 'ID=fedora\nVERSION_ID=42\nPRETTY_NAME="Fedora Linux 42"\n')
    program(tmp_path, "dnf", "exit 0")
    here = system(machine)
    assert (here.name, here.manager, here.supported) == ("Fedora Linux 42", DNF, False)


def test_a_system_without_a_known_package_manager_is_refused_with_the_supported_ones(
    tmp_path: Path,
) -> None:
    here = system(os_release(tmp_path, "ID=alpine\nPRETTY_NAME='Alpine Linux'\n"))
    with pytest.raises(PorterError, match="Alpine Linux: there is neither dnf nor apt-get") as told:
        manager_of(here)
    assert "Debian 12, Debian 13" in told.value.cure


def test_dnf_installs_without_asking(tmp_path: Path) -> None:
    program(tmp_path, "dnf", f'echo "$@" >> {tmp_path}/calls')
    InstallPackages(("haproxy",), DNF).perform(Machine(Layout(tmp_path)))
    calls = (tmp_path / "calls").read_text()
    assert calls == "install -y --setopt=install_weak_deps=False haproxy\n"


def test_apt_get_reads_its_index_and_installs_without_asking(tmp_path: Path) -> None:
    program(tmp_path, "apt-get", f'echo "$DEBIAN_FRONTEND $@" >> {tmp_path}/calls')
    InstallPackages(("haproxy",), APT).perform(Machine(Layout(tmp_path)))
    lock = "noninteractive -o DPkg::Lock::Timeout=120"
    install = f"{lock} install -y --no-install-recommends haproxy"
    assert (tmp_path / "calls").read_text().splitlines() == [f"{lock} update", install]


def test_a_failed_installation_names_command_and_last_lines(tmp_path: Path) -> None:
    program(tmp_path, "dnf", "echo No package haproxy available.; exit 1")
    with pytest.raises(PorterError, match=r"dnf install .* exit code 1: No package haproxy"):
        InstallPackages(("haproxy",), DNF).perform(Machine(Layout(tmp_path)))
