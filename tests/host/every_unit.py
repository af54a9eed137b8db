"""Every unit that an apply can write: processes, a container, checks, a job, porter's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from porter.bundle import boot
from porter.host.agents.splunk.phase import splunk_service
from porter.host.core.service import Service
from porter.host.docker.phase import address_service
from porter.host.drain.phase import drain_paths
from porter.host.haproxy.service import haproxy_service
from porter.host.jobs.units import timer
from porter.host.programs import phase as programs
from porter.host.restart.phase import restart_path
from porter.host.system.porterd import porterd_service
from porter.spec import Check, ContainerWorkload, Image, ProcessWorkload
from tests.host.fake_host import WEB, host_spec
from tests.host.goals import goal_of
from tests.host.job_values import REPORT
from tests.host.splunk_goal import SPLUNK

_CHECK = Check(command=("python3", "check.py"))
_MAIL = ProcessWorkload(name="mail", command=("./mail",), check=_CHECK)
_BOX = ContainerWorkload(
    name="box", image=Image(source="registry", reference="box@sha256:1"), check=_CHECK
)


WRITERS = {
    "bundle/boot.py",
    "host/agents/splunk/phase.py",
    "host/core/unit_file.py",
    "host/docker/phase.py",
    "host/docker/service.py",
    "host/drain/phase.py",
    "host/environment/service.py",
    "host/haproxy/service.py",
    "host/jobs/units.py",
    "host/programs/check.py",
    "host/programs/service.py",
    "host/restart/phase.py",
    "host/system/porterd.py",
}
"""The modules that write a service, or lines of one: `every_unit` has one of each."""


def every_unit(python: str = "/usr/bin/python3.11") -> dict[str, str]:
    """Return the text of each `.service` by its name; `python` runs porter's own code."""
    spec = host_spec(workloads=(WEB, _MAIL, _BOX), jobs=(REPORT,), lease_table="Leases")
    goal = replace(goal_of(spec), python=python)
    balanced = replace(goal, deployment=replace(goal.deployment, target_groups=("arn:aws:hello",)))
    services: list[Service] = [
        *programs._services(goal),
        haproxy_service(goal, Path("/usr/sbin/haproxy")),
        porterd_service(goal),
        address_service(goal),
    ]
    files = [
        *(service.unit for service in services),
        *timer(goal, REPORT).reads,
        *(file for path in drain_paths(balanced) for file in path.reads),
        *restart_path(goal).reads,
    ]
    found = {
        file.path.name: file.content.decode() for file in files if file.path.suffix == ".service"
    }
    lines_for_splunk = splunk_service(goal, SPLUNK).unit.content.decode()
    bootstrap = boot.unit(Path("/var/lib/porter/bootstrap.py"))
    return {**found, "SplunkForwarder.service": lines_for_splunk, boot.UNIT: bootstrap}
