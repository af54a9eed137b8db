"""Plans the installation of a package that no repository has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from porter.errors import PorterError
from porter.host.core.download import download
from porter.host.core.facts import Facts
from porter.host.core.goal import Goal
from porter.host.core.machine import Machine
from porter.host.core.service import File, plan_files
from porter.host.core.steps import InstallPackages, RemoveFile, Steps, WriteFile
from porter.host.core.systems import manager_of
from porter.spec import Package


@dataclass(frozen=True, slots=True)
class Download:
    """Fetch `package` to `path`; its bytes must have its SHA-256."""

    package: Package
    path: PurePath
    region: str

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"download {self.package.place} to {self.path}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {
            "step": "download",
            "from": self.package.place,
            "sha256": self.package.sha256,
            "path": str(self.path),
        }

    def perform(self, _machine: Machine) -> None:
        """Do it. Raises `PorterError` naming where the package is, and why it was not fetched."""
        download(self.package, Path(self.path), self.region)


def package_record(goal: Goal, name: str, package: Package) -> File:
    """What is noted once `package` is installed."""
    return File(goal.layout.root / "var/lib/porter/packages" / name, f"{package.sha256}\n".encode())


def plan_package(goal: Goal, name: str, package: Package, facts: Facts) -> Steps:
    """Fetch and install `package`, unless the last one had the same bytes.

    Raises `PorterError` for a format that the system does not take.
    """
    record = package_record(goal, name, package)
    if not plan_files((record,), facts):
        return ()
    manager = manager_of(goal.system)
    if manager.format != package.format:
        raise PorterError(
            f"is a {package.format}, and {goal.system.name} takes a {manager.format}",
            where=package.place,
        )
    file = goal.layout.root / "var/cache/porter" / f"{name}.{package.format}"
    return (
        Download(package, file, goal.deployment.region),
        InstallPackages((str(file),), manager),
        RemoveFile(file),
        WriteFile(record.path, record.content, record.mode),
    )
