"""Amazon Linux 2023: one release for all packages, and a kernel that waits for a reboot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.steps import InstallPackages
from porter.host.core.systems import DNF, SYSTEMS, System
from porter.host.core.view import FileState
from porter.host.system import updates
from porter.host.system.install_updates import InstallUpdates
from tests.host.fake_dnf import INSTALLED, RELEASES, install_dnf, ran
from tests.host.fake_host import FakeHost, host_deployment, host_spec

AMAZON = SYSTEMS[0]
FEDORA = System("Fedora Linux 42", "fedora", "42", DNF, supported=False)
FILE = Path("/etc/dnf/vars/releasever")


def planned(system: System = AMAZON, *, pinned: bool = False) -> InstallUpdates:
    """Return the step of a first apply; `pinned` if the image has chosen a release."""
    goal = Goal(host_spec(), host_deployment(), Layout(), "/python", {}, system)
    files = {FILE: FileState(b"2023.9.20251117\n", 0o644)} if pinned else {}
    (step,) = updates.plan(goal, Facts(files, {}, systemd=True))
    assert isinstance(step, InstallUpdates)
    return step


def performed(root: Path, step: InstallUpdates) -> None:
    """Perform `step` below `root`, and install a package after it."""
    layout = Layout(root)
    release = step.updates.release and root / FILE.relative_to("/")
    moved = replace(step.updates, release=release)
    replace(step, updates=moved, record=root / "record").perform(Machine(layout))
    InstallPackages(("haproxy",), DNF).perform(Machine(layout))


def test_updates_and_later_packages_come_from_the_one_newest_release(tmp_path: Path) -> None:
    install_dnf(tmp_path, *RELEASES)
    performed(tmp_path, planned())
    newest = "2023.10.20260120"
    assert ran(tmp_path) == [
        f"{INSTALLED}: check-release-update --version-only",
        f"{newest}: upgrade --security -y --downloadonly",
        f"{newest}: upgrade --security -y -C",
        f"{newest}: install -y --setopt=install_weak_deps=False haproxy",
    ]
    assert (tmp_path / "record").exists()
    log = Layout(tmp_path).apply_log.read_text()
    assert f"updates: Amazon Linux {newest} from now on, for every package" in log


def test_the_newest_image_stays_with_its_own_release(tmp_path: Path) -> None:
    install_dnf(tmp_path, how="exit 0")
    performed(tmp_path, planned())
    assert {run.partition(":")[0] for run in ran(tmp_path)} == {INSTALLED}
    assert not (tmp_path / FILE.relative_to("/")).exists()
    assert (tmp_path / "record").exists()


def test_a_host_that_cannot_list_releases_says_so_and_the_next_apply_tries_again(
    tmp_path: Path,
) -> None:
    install_dnf(tmp_path, how="echo 'Error: no route' >&2; exit 1")
    performed(tmp_path, planned())
    assert {run.partition(":")[0] for run in ran(tmp_path)} == {INSTALLED}
    assert not (tmp_path / "record").exists()
    assert "check-release-update --version-only` failed, exit code 1: " in (
        Layout(tmp_path).apply_log.read_text()
    )


@pytest.mark.parametrize(("system", "pinned"), [(AMAZON, True), (FEDORA, False)])
def test_a_release_of_the_image_and_other_systems_are_left_alone(
    system: System, *, pinned: bool
) -> None:
    runs = planned(system, pinned=pinned).as_json()["runs"]
    upgrade = ["dnf", "upgrade", "--security", "-y"]
    assert runs == [[*upgrade, "--downloadonly"], [*upgrade, "-C"]]


def kernels(host: FakeHost, running: str, *installed: str) -> None:
    """Let `host` run the kernel `running`, and have the modules of `installed`."""
    file = host.root / "proc/sys/kernel/osrelease"
    file.parent.mkdir(parents=True)
    file.write_text(f"{running}\n")
    for name in installed:
        (host.root / "usr/lib/modules" / name).mkdir(parents=True)
        (host.root / "usr/lib/modules" / name / "modules.dep").touch()


def test_apply_and_show_say_that_a_new_kernel_waits_for_a_reboot(fake_host: FakeHost) -> None:
    old, new = "6.1.99-115.amzn2023.x86_64", "6.1.141-155.amzn2023.x86_64"
    kernels(fake_host, old, old, new)
    note = f"kernel {new} is installed; {old} runs until this host reboots"
    assert note in fake_host.apply_json()["notes"]
    assert note in json.loads(fake_host.porter("host", "show", "--json").stdout)["notes"]
    assert note in fake_host.porter("host", "show").stdout


def test_without_a_newer_kernel_there_is_no_note(fake_host: FakeHost) -> None:
    kernels(fake_host, "6.1.141-155.amzn2023.x86_64", "6.1.99-115.amzn2023.x86_64")
    (fake_host.root / "usr/lib/modules/6.1.150-1.amzn2023.x86_64").mkdir()  # removed since
    assert fake_host.apply_json()["notes"] == []
