"""HAProxy is installed with the distribution's own package manager."""

from __future__ import annotations

from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.host.facts import Facts
from porter.host.goal import Goal
from porter.host.layout import Layout
from porter.host.machine import Machine, UnitState
from porter.host.packages import PACKAGE_MANAGERS, PackageManager, package_manager
from porter.host.perform import perform
from porter.host.phases.haproxy import HaproxyFacts, plan
from porter.host.steps import ChangeUnit, InstallPackages, Steps
from tests.host.fake_host import host_deployment, host_spec

DNF, APT_GET = PACKAGE_MANAGERS


def program(root: Path, name: str, text: str) -> None:
    """Put the shell script `text` on the PATH of the machine at `root`."""
    path = root / "usr/bin" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def plan_without_haproxy(manager: PackageManager | None) -> Steps:
    """The plan for a real host that has no HAProxy yet."""
    goal = Goal(host_spec(), host_deployment(), Layout(), "/usr/bin/python3.11", {})
    units = {name: UnitState() for name in ("porter-haproxy.service", "haproxy.service")}
    return plan(goal, HaproxyFacts(Facts({}, units, systemd=True), None, manager))


def test_missing_haproxy_is_installed_first_and_its_own_unit_switched_off() -> None:
    assert plan_without_haproxy(DNF)[:3] == (
        InstallPackages(("haproxy",), DNF),
        ChangeUnit("stop", "haproxy.service"),
        ChangeUnit("disable", "haproxy.service"),
    )


def test_a_distribution_without_a_known_package_manager_is_told_so() -> None:
    with pytest.raises(PorterError, match="neither dnf nor apt-get"):
        plan_without_haproxy(None)


def test_dnf_installs_without_asking(tmp_path: Path) -> None:
    program(tmp_path, "dnf", f'echo "$@" >> {tmp_path}/calls')
    machine = Machine(Layout(tmp_path))
    manager = package_manager(machine)
    assert manager is DNF
    perform(InstallPackages(("haproxy",), manager), machine)
    calls = (tmp_path / "calls").read_text()
    assert calls == "install -y --setopt=install_weak_deps=False haproxy\n"


def test_apt_get_reads_its_index_and_installs_without_asking(tmp_path: Path) -> None:
    program(tmp_path, "apt-get", f'echo "$DEBIAN_FRONTEND $@" >> {tmp_path}/calls')
    machine = Machine(Layout(tmp_path))
    manager = package_manager(machine)
    assert manager is APT_GET
    perform(InstallPackages(("haproxy",), manager), machine)
    lock = "noninteractive -o DPkg::Lock::Timeout=120"
    install = f"{lock} install -y --no-install-recommends haproxy"
    assert (tmp_path / "calls").read_text().splitlines() == [f"{lock} update", install]


def test_failing_installation_names_command_and_last_words(tmp_path: Path) -> None:
    program(tmp_path, "dnf", "echo No package haproxy available.; exit 1")
    with pytest.raises(PorterError, match=r"dnf install .* exit code 1: No package haproxy"):
        perform(InstallPackages(("haproxy",), DNF), Machine(Layout(tmp_path)))
