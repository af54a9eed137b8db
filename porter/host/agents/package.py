"""Plan the installation of a package from a URL or S3."""

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
    """Download `package` to `path`, with the SHA-256 that it must have."""

    package: Package
    path: PurePath
    region: str

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"download {self.package.place} to {self.path}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {
            "step": "download",
            "from": self.package.place,
            "sha256": self.package.sha256,
            "path": str(self.path),
        }

    def perform(self, _machine: Machine) -> None:
        """Perform the step. Raises `PorterError` with the package's address and the cause."""
        download(self.package, Path(self.path), self.region)


def package_record(goal: Goal, name: str, package: Package) -> File:
    """Return the record that is written after `package` was installed."""
    return File(goal.layout.root / "var/lib/porter/packages" / name, f"{package.sha256}\n".encode())


def plan_package(goal: Goal, name: str, package: Package, facts: Facts) -> Steps:
    """Plan to download and install `package`, unless the record has the same SHA-256.

    Raises `PorterError` for a package format that the system does not use.
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
