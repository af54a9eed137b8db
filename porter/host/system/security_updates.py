"""The commands that install security updates, and no others, on each family of systems."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from porter.host.core.systems import DNF, PackageManager
from porter.host.system.amazon_release import LIST_RELEASES

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
"""apt_preferences(5). Debian marks its security archive by codename, Ubuntu by suite."""

_NEVER = re.compile("(?!)")
_NOTHING = re.compile(
    r"^0 upgraded, 0 newly installed, 0 to remove and \d+ not upgraded\.$(?![\s\S]*^\d+ not fully)",
    re.MULTILINE,
)
"""apt-get's last line, in English; an interrupted installation adds "1 not fully installed"."""


@dataclass(frozen=True, slots=True)
class Updates:
    """The arguments of the runs of `manager`, in order: `refresh`, `fetch`, `install`.

    Updates are fetched first, so that the installation waits for no mirror. If `fetch` prints
    `nothing`, there is nothing to install. `pins` is the content of apt's preferences; `repair` is
    the command to run if the installation fails. The newest release that `refresh` prints goes
    into the file `release`, if that is set.
    """

    manager: PackageManager
    fetch: tuple[str, ...]
    install: tuple[str, ...]
    refresh: tuple[str, ...] = ()
    pins: bytes = b""
    repair: tuple[str, ...] = ()
    release: PurePath | None = None
    nothing: re.Pattern[str] = _NEVER


def security_updates(
    manager: PackageManager, pins: PurePath, release: PurePath | None = None
) -> Updates:
    """Return the runs of `manager`; `pins` is the path of apt's preferences.

    `release` is dnf's variable file on Amazon Linux 2023, if porter must choose the release.
    """
    return _dnf(release) if manager is DNF else _apt(manager, pins)


def _dnf(release: PurePath | None) -> Updates:
    upgrade = ("upgrade", "--security", "-y")
    return Updates(
        DNF,
        fetch=(*upgrade, "--downloadonly"),
        install=(*upgrade, "-C"),
        refresh=LIST_RELEASES if release else (),
        release=release,
    )


def _apt(manager: PackageManager, pins: PurePath) -> Updates:
    own = ("-o", "DPkg::Lock::Timeout=120")
    upgrade = (
        *(*own, "-o", f"Dir::Etc::Preferences={pins}"),
        # Keep configuration files that the image's maker has changed.
        *("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"),
        *("upgrade", "-y", "--with-new-pkgs"),
    )
    return Updates(
        manager,
        fetch=(*upgrade, "--download-only"),
        install=(*upgrade, "--no-download"),
        # Without this, it exits 0 if a mirror does not answer (apt-get(8), --error-on).
        refresh=(*own, "-o", "APT::Update::Error-Mode=any", "update"),
        pins=_PINS,
        nothing=_NOTHING,
        repair=("dpkg", "--configure", "-a"),
    )
