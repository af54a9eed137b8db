"""Plans the installation of a package that no repository has."""

from __future__ import annotations

from porter.errors import PorterError
from porter.host.facts import Facts
from porter.host.goal import Goal
from porter.host.service import File, plan_files
from porter.host.steps import Download, InstallPackages, RemoveFile, Steps, WriteFile
from porter.host.systems import manager_of
from porter.spec import Package


def package_record(goal: Goal, name: str, package: Package) -> File:
    """What is noted once `package` is installed."""
    return File(goal.layout.package_record(name), f"{package.sha256}\n".encode())


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
    file = goal.layout.downloaded(f"{name}.{package.format}")
    return (
        Download(package, file, goal.deployment.region),
        InstallPackages((str(file),), manager),
        RemoveFile(file),
        WriteFile(record.path, record.content, record.mode),
    )
