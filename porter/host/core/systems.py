"""The operating systems that porter supports: names of packages and units, how to install."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from porter.errors import PorterError
from porter.host.core.view import View
from porter.spec.package import Format


@dataclass(frozen=True, slots=True)
class PackageManager:
    """The package manager of a family of distributions; `install` precedes the packages' names."""

    program: str
    install: tuple[str, ...]
    refresh: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    format: Format = "deb"

    def runs(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """Return the arguments of each run that installs `names`, in order."""
        refresh = (self.refresh,) if self.refresh else ()
        return (*refresh, (*self.install, *names))


UNREACHABLE = re.compile(
    "Could not resolve|Temporary failure resolving|Failed to fetch|Could not connect|"
    "Unable to connect|Cannot initiate the connection|Could not get lock|No space left|"
    "Errors during downloading metadata|Cannot download|Curl error",
)
"""What apt and dnf (librepo) print when a mirror or this host fails, and not the request."""

REFUSED = re.compile(r"\b4\d\d +(Not Found|Forbidden|Gone)|Status code: 4\d\d")
"""What they print beside it when the mirror has answered: every host gets this answer."""

DNF = PackageManager(
    "dnf", install=("install", "-y", "--setopt=install_weak_deps=False"), format="rpm"
)
APT = PackageManager(
    "apt-get",
    # cloud-init's own apt run, or unattended-upgrades, may hold the lock at boot
    refresh=("-o", "DPkg::Lock::Timeout=120", "update"),
    install=("-o", "DPkg::Lock::Timeout=120", "install", "-y", "--no-install-recommends"),
    environment={"DEBIAN_FRONTEND": "noninteractive"},
)


@dataclass(frozen=True, slots=True)
class System:
    """An operating system; `id` and `version` as in os-release(5)."""

    name: str
    id: str
    version: str
    manager: PackageManager | None
    haproxy_package: str = "haproxy"
    haproxy: str = "usr/sbin/haproxy"
    """Where the package installs the program."""
    haproxy_unit: str = "haproxy.service"
    """The package's own unit, which porter masks."""
    journal_group: str = "systemd-journal"
    """The group that may read the journal."""
    cloudwatch_package: str = ""
    """The package of the CloudWatch agent; empty if the distribution has none."""
    supported: bool = True

    @property
    def docker_package(self) -> str:
        """The package of Docker's daemon."""
        return "docker" if self.manager is DNF else "docker.io"


SYSTEMS = (
    System(
        "Amazon Linux 2023",
        "amzn",
        "2023",
        DNF,
        cloudwatch_package="amazon-cloudwatch-agent",
    ),
    System("Debian 12", "debian", "12", APT),
    System("Debian 13", "debian", "13", APT),
    System("Ubuntu 22.04", "ubuntu", "22.04", APT),
    System("Ubuntu 24.04", "ubuntu", "24.04", APT),
)
"""Every supported system: a new one is a row here. In all else porter treats them alike."""


def system(view: View) -> System:
    """Return the machine's operating system.

    An unknown system is treated as its package manager's family. `supported` is then false, and
    `name` is what os-release says, or empty.
    """
    release = _os_release(view)
    for known in SYSTEMS:
        if (known.id, known.version) == (release.get("ID"), release.get("VERSION_ID")):
            return known
    present = [manager for manager in (DNF, APT) if view.program(manager.program)]
    return System(
        release.get("PRETTY_NAME", ""),
        release.get("ID", ""),
        release.get("VERSION_ID", ""),
        present[0] if present else None,
        supported=False,
    )


def manager_of(here: System) -> PackageManager:
    """Return the package manager of `here`. Raises `PorterError` if porter knows none there."""
    if here.manager is None:
        raise PorterError(
            "there is neither dnf nor apt-get",
            where=here.name,
            cure=f"use one of {', '.join(known.name for known in SYSTEMS)}",
        )
    return here.manager


def _os_release(view: View) -> dict[str, str]:
    for path in ("etc/os-release", "usr/lib/os-release"):
        found = view.read(view.layout.root / path)
        if found:
            lines = found.content.decode(errors="replace").splitlines()
            pairs = (line.partition("=") for line in lines if "=" in line)
            return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
    return {}
