"""Security updates: the commands, the record, and the effect of a failure."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from porter.host.core.layout import Layout
from porter.host.core.machine import Machine
from porter.host.core.steps import InstallPackages
from porter.host.core.systems import APT, DNF
from porter.host.system.install_updates import InstallUpdates
from porter.host.system.security_updates import security_updates
from tests.harness.slowness import slowness

APT_GET = """\
#!/bin/sh
echo "apt-get $*" >> {root}/ran
case "$*" in *--download-only*) printf '{fetched}' ;; esac
case "$*" in *"{sick}"*) echo "E: the mirror is ill"; {how} ;; esac
"""


def updated(
    root: Path,
    *,
    sick: str = "nothing",
    how: str = "exit 100",
    seconds: int = 20,
    fetched: str = "",
) -> bool:
    """Install updates; return whether there is a record.

    apt-get fails at run `sick`, and prints `fetched` when it fetches updates.
    """
    folder = root / "usr/bin"
    folder.mkdir(parents=True)
    for name in ("apt-get", "dpkg"):
        text = APT_GET.format(root=root, sick=sick, how=how, fetched=fetched)
        text = text.replace("apt-get $", f"{name} $")
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    layout = Layout(root)
    step = InstallUpdates(
        security_updates(APT, layout.root / "pins"), seconds, layout.root / "record"
    )
    step.perform(Machine(layout))
    return (layout.root / "record").exists()


def ran(root: Path) -> list[str]:
    """Return each run's program and purpose."""
    lines = (root / "ran").read_text().splitlines()
    words = ("update", "--download-only", "--no-download", "--configure")
    return [f"{line.split()[0]} {next(w for w in words if w in line.split())}" for line in lines]


@pytest.mark.argument(
    "PorterHost(security_updates=...)", "updates are fetched, installed and recorded"
)
def test_they_are_fetched_before_they_are_installed_and_noted(tmp_path: Path) -> None:
    assert updated(tmp_path)
    assert ran(tmp_path) == ["apt-get update", "apt-get --download-only", "apt-get --no-download"]


COUNTED = (
    "Calculating upgrade...\\n%s upgraded, 0 newly installed, 0 to remove and 7 not upgraded.\\n"
)


@pytest.mark.parametrize(
    ("fetched", "installs"),
    [
        (COUNTED % 0, False),
        (COUNTED % 10, True),
        (COUNTED % 0 + "1 not fully installed or removed.\\n", True),
        ("0 aktualisiert, 0 neu installiert, 0 zu entfernen und 7 nicht aktualisiert.\\n", True),
    ],
)
def test_apt_get_installs_only_if_there_are_updates(
    tmp_path: Path, fetched: str, *, installs: bool
) -> None:
    assert updated(tmp_path, fetched=fetched)
    assert ("apt-get --no-download" in ran(tmp_path)) == installs


@pytest.mark.parametrize(
    ("since", "refreshes"),
    [
        ("", False),
        ("echo deb http://mirror.example/ stable main > etc/apt/sources.list.d/mirror.list", True),
        ("rm -r var/lib/apt/lists/mirror", True),
        ("rm -r var/lib/apt/lists", True),
    ],
)
def test_lists_that_were_just_fetched_serve_later_installations(
    tmp_path: Path, since: str, *, refreshes: bool
) -> None:
    """A setup step may change apt's settings in between, or remove its lists."""
    (tmp_path / "etc/apt/sources.list.d").mkdir(parents=True)
    (tmp_path / "var/lib/apt/lists/mirror").mkdir(parents=True)
    assert updated(tmp_path)
    time.sleep(0.02)  # more than a tick of the kernel's clock for files
    subprocess.run(["sh", "-ec", since], cwd=tmp_path, check=True)
    InstallPackages(("haproxy",), APT).perform(Machine(Layout(tmp_path)))
    runs = [line.split()[3] for line in (tmp_path / "ran").read_text().splitlines()]
    assert runs[-1] == "install"
    assert (runs[-2] == "update") == refreshes


def test_lists_of_a_mirror_that_did_not_answer_are_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "var/lib/apt/lists").mkdir(parents=True)
    assert not updated(tmp_path, sick="Error-Mode=any")
    InstallPackages(("haproxy",), APT).perform(Machine(Layout(tmp_path)))
    runs = [line.split()[3] for line in (tmp_path / "ran").read_text().splitlines()]
    assert runs[-2:] == ["update", "install"]


@pytest.mark.parametrize(
    ("sick", "runs"),
    [
        ("update", ["apt-get update", "apt-get --download-only", "apt-get --no-download"]),
        ("--download-only", ["apt-get update", "apt-get --download-only"]),
        (
            "--no-download",
            [
                *("apt-get update", "apt-get --download-only", "apt-get --no-download"),
                "dpkg --configure",
            ],
        ),
    ],
)
def test_failed_security_updates_are_logged_and_fail_no_apply(
    tmp_path: Path, sick: str, runs: list[str]
) -> None:
    """There is no record, so the next apply tries again."""
    assert not updated(tmp_path, sick=f" {sick}")
    assert ran(tmp_path) == runs
    story = Layout(tmp_path).apply_log.read_text()
    assert "updates: security updates failed, the host goes on without: `" in story
    assert "exit code 100: E: the mirror is ill" in story


def test_a_mirror_that_does_not_answer_is_waited_for_in_vain_only_so_long(tmp_path: Path) -> None:
    started = time.monotonic()
    assert not updated(tmp_path, sick=" update", how="exec sleep 30", seconds=1)
    assert time.monotonic() - started < 10 * slowness()
    assert "did not end within 1 s" in Layout(tmp_path).apply_log.read_text()


def test_mirrors_that_take_all_the_time_leave_the_updates_undone(tmp_path: Path) -> None:
    """The mirrors leave no time to fetch the updates."""
    layout, dnf = Layout(tmp_path), tmp_path / "usr/bin/dnf"
    dnf.parent.mkdir(parents=True)
    dnf.write_text("#!/bin/sh\nexec sleep 30\n")
    dnf.chmod(0o755)
    updates = security_updates(DNF, layout.root / "pins")
    InstallUpdates(updates, 0, layout.root / "record").perform(Machine(layout))
    assert not (layout.root / "record").exists()
    assert "dnf: did not end within 1 s" in layout.apply_log.read_text()


def test_a_dry_run_shows_what_would_be_run() -> None:
    layout = Layout()
    updates = security_updates(DNF, layout.root / "pins")
    shown = InstallUpdates(updates, 300, layout.root / "record").as_json()
    upgrade = ["dnf", "upgrade", "--security", "-y"]
    assert shown["runs"] == [[*upgrade, "--downloadonly"], [*upgrade, "-C"]]
    updates = security_updates(APT, layout.root / "pins")
    shown = InstallUpdates(updates, 300, layout.root / "record").as_json()
    assert [run[-1] for run in shown["runs"]] == ["update", "--download-only", "--no-download"]
