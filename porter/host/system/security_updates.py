"""How each family of systems installs its security updates, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.systems import DNF, PackageManager

_PINS = b"""\
# Written by porter: for the security updates of a first boot, and no other run of apt.
Package: *
Pin: release n=*-security
Pin-Priority: 500

Package: *
Pin: release a=*-security
Pin-Priority: 500

# Below 100, which is what an installed version has: good for a new dependency, never an update.
Package: *
Pin: release o=*
Pin-Priority: 50
"""
"""apt_preferences(5). Debian tells security by the codename, Ubuntu by the suite."""


@dataclass(frozen=True, slots=True)
class Updates:
    """The arguments of the runs of `manager`, in order: `refresh`, `fetch`, `install`.

    What is fetched before need not be waited for in the middle of an installation. `pins` is the
    file that the runs refer to; `repair` is run where an installation did not end well.
    """

    manager: PackageManager
    fetch: tuple[str, ...]
    install: tuple[str, ...]
    refresh: tuple[str, ...] = ()
    pins: bytes = b""
    repair: tuple[str, ...] = ()


def security_updates(manager: PackageManager, pins: PurePath) -> Updates:
    """What `manager` has to do; for apt, `pins` is the file of preferences.

    Amazon Linux 2023 is locked to its image's release, where there are never any updates: hence
    `latest` (AL2023 User Guide, "Using a deterministic upgraded system").
    """
    return _dnf() if manager is DNF else _apt(manager, pins)


def _dnf() -> Updates:
    upgrade = ("upgrade", "--security", "--releasever=latest", "-y")
    return Updates(DNF, fetch=(*upgrade, "--downloadonly"), install=(*upgrade, "-C"))


def _apt(manager: PackageManager, pins: PurePath) -> Updates:
    own = ("-o", "DPkg::Lock::Timeout=120")
    upgrade = (
        *(*own, "-o", f"Dir::Etc::Preferences={pins}"),
        # Files that an image's maker has changed stay as they are.
        *("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"),
        *("upgrade", "-y", "--with-new-pkgs"),
    )
    return Updates(
        manager,
        fetch=(*upgrade, "--download-only"),
        install=(*upgrade, "--no-download"),
        # By itself it exits 0 where a mirror did not answer: apt-get(8), --error-on.
        refresh=(*own, "-o", "APT::Update::Error-Mode=any", "update"),
        pins=_PINS,
        repair=("dpkg", "--configure", "-a"),
    )
