"""The package managers porter knows, and how each installs without asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from porter.host.machine import Machine

INSTALL_SECONDS = 300.0
"""Deadline of one package manager command, waiting for its lock included."""


@dataclass(frozen=True, slots=True)
class PackageManager:
    """One distribution family's installer, and its arguments before the packages' names."""

    program: str
    install: tuple[str, ...]
    refresh: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)

    def runs(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
        """The arguments of its runs that install `names`, in order."""
        refresh = (self.refresh,) if self.refresh else ()
        return (*refresh, (*self.install, *names))


PACKAGE_MANAGERS = (
    PackageManager("dnf", install=("install", "-y", "--setopt=install_weak_deps=False")),
    PackageManager(
        "apt-get",
        # cloud-init's own apt run, or unattended-upgrades, may hold the lock at boot
        refresh=("-o", "DPkg::Lock::Timeout=120", "update"),
        install=("-o", "DPkg::Lock::Timeout=120", "install", "-y", "--no-install-recommends"),
        environment={"DEBIAN_FRONTEND": "noninteractive"},
    ),
)


def package_manager(machine: Machine) -> PackageManager | None:
    """The machine's package manager, or None if it has none that porter knows."""
    present = (manager for manager in PACKAGE_MANAGERS if machine.program(manager.program))
    return next(present, None)
