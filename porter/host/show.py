"""`porter host show`: what this host runs, and what another apply would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from porter.host.apply import dry_run
from porter.host.core.goal import deployment_of, load
from porter.host.core.layout import PORTERD_UNIT
from porter.host.core.unit_state import UnitState
from porter.host.core.view import View
from porter.host.jobs.shown import jobs_shown
from porter.host.ports import parse_ports
from porter.spec import HAPROXY_UNIT, HostSpec, workload_unit


def show(view: View, environment: Mapping[str, str]) -> dict[str, Any]:
    """Return service, release, ports, units, notes and the steps of each phase, as JSON.

    A unit's state is null without systemd. No value of an environment is shown. Raises
    `PorterError` on a host that was never configured.
    """
    layout = view.layout
    spec = load(view, HostSpec, layout.host, "run `porter host apply` first")
    deployment = deployment_of(view)
    names = [workload_unit(spec.running_name(workload)) for workload in spec.workloads]
    units = view.units(PORTERD_UNIT, HAPROXY_UNIT, *names)
    ports = parse_ports(environment.get("PORTER_PORTS", ""))
    report = dry_run(view, ports=ports, environment=environment)
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
        "jobs": jobs_shown(view, spec),
        "notes": list(report.notes),
        "phases": {phase.phase: [step.title for step in phase.steps] for phase in report.phases},
    }


def _unit(units: Mapping[str, UnitState], name: str) -> dict[str, Any]:
    state = units.get(name)
    return {"name": name, "state": asdict(state) if state else None}
