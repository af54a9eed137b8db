"""Phase docker: a hardened Engine, its images, and the address at which containers find porterd.

Sources: CIS Docker Benchmark 1.7, section 2; dockerd(8), "Daemon configuration file".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import PurePath

from porter.errors import PorterError
from porter.host.core.facts import Facts, look_at
from porter.host.core.goal import Goal
from porter.host.core.layout import ADDRESS_UNIT, PORTERD_UNIT
from porter.host.core.service import File, Service, plan_files, plan_removal, plan_unit
from porter.host.core.steps import InstallPackages, Steps
from porter.host.core.systems import manager_of
from porter.host.core.unit_file import NO_METADATA, unit_file
from porter.host.core.view import View
from porter.host.docker.images import containers, record
from porter.host.docker.inspection import images_of
from porter.host.docker.service import DOCKER_UNIT, order_of
from porter.host.docker.steps import FetchImage
from porter.spec import CONTAINERS_HOST, ContainerWorkload, Image

_SETTINGS = {
    "icc": False,  # containers cannot reach each other
    "userland-proxy": False,
    "no-new-privileges": True,
    "live-restore": True,  # containers outlive a restart of the daemon
    "ip": "127.0.0.1",  # publish ports on loopback by default
    # The attendants read this log and print it to the journal.
    "log-driver": "local",
    "log-opts": {"max-size": "1m", "max-file": "2"},
    # The image store of Docker 29 would name images by another digest.
    "features": {"containerd-snapshotter": False},
}


@dataclass(frozen=True, slots=True)
class DockerFacts:
    """The daemon's files and units, its path if it is installed, and its images."""

    common: Facts
    program: PurePath | None
    images: frozenset[Image]


def look(goal: Goal, view: View) -> DockerFacts:
    """Read the daemon's files and units, and ask which images it has."""
    services = (docker_service(goal), address_service(goal))
    files = [path for service in services for path in service.files(goal.layout)]
    wanted = {workload.image for workload in containers(goal.spec)}
    files += [record(goal, image).path for image in wanted]
    common = look_at(view, files, [service.name for service in services])
    return DockerFacts(common, view.program("dockerd"), images_of(view, wanted))


def plan(goal: Goal, facts: DockerFacts) -> Steps:
    """Install and configure the daemon, and fetch images; without containers, do nothing."""
    layout, common, here = goal.layout, facts.common, goal.system
    wanted = containers(goal.spec)
    address = address_service(goal)
    if not wanted:
        return plan_removal(ADDRESS_UNIT, address.files(layout), common)
    if not layout.is_machine:
        raise PorterError(
            f"containers cannot run on a machine that is only played ({wanted[0].name} is one)",
            where=str(layout.root),
            cure="rehearse it with --machine systemd",
        )
    docker = docker_service(goal)
    install = (InstallPackages((here.docker_package,), manager_of(here)),)
    return (
        # The files first: Debian's package starts the daemon.
        *plan_files((docker.unit, address.unit), common),
        *(install if facts.program is None else ()),
        *plan_unit(docker, common, layout),
        *plan_unit(address, common, layout),
        *(step for workload in wanted for step in _plan_image(goal, workload, facts)),
    )


def docker_service(goal: Goal) -> Service:
    """Return the distribution's Docker service with porter's configuration."""
    content = json.dumps(_SETTINGS, indent=4, sort_keys=True) + "\n"
    return Service(DOCKER_UNIT, File(goal.layout.root / "etc/docker/daemon.json", content.encode()))


def address_service(goal: Goal) -> Service:
    """Return the unit that gives the host the address at which containers find porterd."""
    lines = (
        "Type=oneshot",
        "RemainAfterExit=yes",
        f"ExecStart=ip address replace {CONTAINERS_HOST}/32 dev lo",
        "CapabilityBoundingSet=CAP_NET_ADMIN",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        *NO_METADATA,
    )
    order = (f"Before={PORTERD_UNIT}",)
    unit = unit_file(f"Address of {goal.spec.service} for containers", order=order, service=lines)
    return Service(ADDRESS_UNIT, File(goal.layout.unit(ADDRESS_UNIT), unit))


def _plan_image(goal: Goal, workload: ContainerWorkload, facts: DockerFacts) -> Steps:
    fetch = () if workload.image in facts.images else (FetchImage(order_of(goal, workload)),)
    return (*fetch, *plan_files((record(goal, workload.image),), facts.common))
