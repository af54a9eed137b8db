"""Find this host's family of distributions, and how packages are installed there."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

OS_RELEASE = Path("/etc/os-release")


@dataclass(frozen=True, slots=True)
class Family:
    """Distributions that share a package manager and package names."""

    refresh: tuple[str, ...]
    install: tuple[str, ...]
    packages: Mapping[str, str]
    """Packages by the program porter needs, where the names differ."""

    def command(self, wanted: Collection[str], *, root: bool) -> str:
        """Return a shell command that installs packages for `wanted`; with sudo unless `root`."""
        names = sorted({self.packages.get(name, name) for name in wanted})
        runs = [run for run in (self.refresh, (*self.install, *names)) if run]
        return " && ".join(shlex.join(run if root else ("sudo", *run)) for run in runs)


_APT = Family(
    refresh=("apt-get", "update"),
    install=("apt-get", "install", "-y", "--no-install-recommends"),
    packages={
        "dnsmasq": "dnsmasq-base",
        "ip": "iproute2",
        "unshare": "util-linux",
        "nsenter": "util-linux",
        "pivot_root": "util-linux",
    },
)
_DNF = Family(
    refresh=(),
    install=("dnf", "install", "-y"),
    packages={
        "ip": "iproute",
        "mount": "util-linux",
        "unshare": "util-linux",
        "nsenter": "util-linux",
        "pivot_root": "util-linux",
        "debian-archive-keyring": "debian-keyring",
    },
)
_FAMILIES = {"debian": _APT, "ubuntu": _APT, "fedora": _DNF}


def family(release: Mapping[str, str]) -> Family | None:
    """Return the family of the host whose os-release(5) is `release`; None if porter knows none.

    `ID_LIKE` of a derivative lists its ancestors, closest first.
    """
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((_FAMILIES[name] for name in names if name in _FAMILIES), None)


def os_release(path: Path = OS_RELEASE) -> dict[str, str]:
    """Return the variables of an os-release(5) file; empty without the file."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if not line.lstrip().startswith("#"))
    return {name.strip(): "".join(shlex.split(value)) for name, _, value in pairs if value}
