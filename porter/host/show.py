"""`porter host show`: what this host runs, and is not yet, without any value of an environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from porter.host.apply import apply
from porter.host.goal import load
from porter.host.jobs.shown import jobs_shown
from porter.host.layout import PORTERD_UNIT
from porter.host.machine import Machine
from porter.host.ports import parse_ports
from porter.host.unit_state import UnitState
from porter.spec import HAPROXY_UNIT, Deployment, HostSpec, workload_unit


def show(machine: Machine, environment: Mapping[str, str]) -> dict[str, Any]:
    """Service, release, ports, units (state null without systemd), and what each phase would do.

    Raises `PorterError` on a host that was never configured.
    """
    layout = machine.layout
    spec = load(machine, HostSpec, layout.host, "run `porter host apply` first")
    deployment = load(machine, Deployment, layout.deployment, "cloud-init writes it at first boot")
    names = [workload_unit(spec.running_name(workload)) for workload in spec.workloads]
    units = machine.units(PORTERD_UNIT, HAPROXY_UNIT, *names)
    ports = parse_ports(environment.get("PORTER_PORTS", ""))
    report = apply(machine, ports=ports, environment=environment, dry_run=True)
    return {
        "service": spec.service,
        "system": report.system,
        "region": deployment.region,
        "stack": deployment.stack_id,
        "bundle": layout.bundle(deployment.bundle).name,
        "payload": layout.payload(deployment.payload).name,
        "porterd": {
            "url": f"http://127.0.0.1:{spec.porterd.port}",
            "unit": _unit(units, PORTERD_UNIT),
        },
        "haproxy": {"port": spec.proxy.port, "unit": _unit(units, HAPROXY_UNIT)}
        if spec.proxy
        else None,
        "workloads": [
            {
                "name": workload.name,
                "port": workload.port,
                "unit": _unit(units, workload_unit(spec.running_name(workload))),
            }
            for workload in spec.workloads
        ],
        "jobs": jobs_shown(machine, spec),
        "phases": {phase.phase: [step.title for step in phase.steps] for phase in report.phases},
    }


def _unit(units: Mapping[str, UnitState], name: str) -> dict[str, Any]:
    state = units.get(name)
    return {"name": name, "state": asdict(state) if state else None}
