"""Phase docker: the Engine as strict as it may be, its images, and an address for its containers.

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
from porter.host.core.unit_file import unit_file
from porter.host.core.view import View
from porter.host.docker.images import containers, record
from porter.host.docker.inspection import images_of
from porter.host.docker.service import DOCKER_UNIT, order_of
from porter.host.docker.steps import FetchImage
from porter.spec import CONTAINERS_HOST, ContainerWorkload, Image

_SETTINGS = {
    "icc": False,  # containers do not reach each other
    "userland-proxy": False,
    "no-new-privileges": True,
    "live-restore": True,  # a restart of the daemon is none of the containers
    "ip": "127.0.0.1",  # where a port is published unless it says so
    # What attendants read and pass on to the journal.
    "log-driver": "local",
    "log-opts": {"max-size": "1m", "max-file": "2"},
    # Docker 29's other image store names images by another digest.
    "features": {"containerd-snapshotter": False},
}


@dataclass(frozen=True, slots=True)
class DockerFacts:
    """The daemon's files and units, whether it is installed, and the images it has."""

    common: Facts
    program: PurePath | None
    images: frozenset[Image]


def look(goal: Goal, view: View) -> DockerFacts:
    """Whether Docker is there, how it is set up, and what it has."""
    services = (docker_service(goal), address_service(goal))
    files = [path for service in services for path in service.files(goal.layout)]
    wanted = {workload.image for workload in containers(goal.spec)}
    files += [record(goal, image).path for image in wanted]
    common = look_at(view, files, [service.name for service in services])
    return DockerFacts(common, view.program("dockerd"), images_of(view, wanted))


def plan(goal: Goal, facts: DockerFacts) -> Steps:
    """Install and configure the daemon, and have it fetch the images; without containers, none."""
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
        # First: Debian's package starts the daemon.
        *plan_files((docker.unit, address.unit), common),
        *(install if facts.program is None else ()),
        *plan_unit(docker, common, layout),
        *plan_unit(address, common, layout),
        *(step for workload in wanted for step in _plan_image(goal, workload, facts)),
    )


def docker_service(goal: Goal) -> Service:
    """Docker's daemon as a service, whose unit is the distribution's and whose file is ours."""
    content = json.dumps(_SETTINGS, indent=4, sort_keys=True) + "\n"
    return Service(DOCKER_UNIT, File(goal.layout.root / "etc/docker/daemon.json", content.encode()))


def address_service(goal: Goal) -> Service:
    """The unit that gives the host the address at which its containers find porterd."""
    lines = (
        "Type=oneshot",
        "RemainAfterExit=yes",
        f"ExecStart=ip address replace {CONTAINERS_HOST}/32 dev lo",
        "CapabilityBoundingSet=CAP_NET_ADMIN",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
    )
    order = (f"Before={PORTERD_UNIT}",)
    unit = unit_file(f"Address of {goal.spec.service} for containers", order=order, service=lines)
    return Service(ADDRESS_UNIT, File(goal.layout.unit(ADDRESS_UNIT), unit))


def _plan_image(goal: Goal, workload: ContainerWorkload, facts: DockerFacts) -> Steps:
    fetch = () if workload.image in facts.images else (FetchImage(order_of(goal, workload)),)
    return (*fetch, *plan_files((record(goal, workload.image),), facts.common))
