"""`porter host show`: what this host runs, without any value of an environment."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from porter.host.goal import load
from porter.host.layout import PORTERD_UNIT
from porter.host.machine import Machine
from porter.spec import HAPROXY_UNIT, Deployment, HostSpec, workload_unit


def show(machine: Machine) -> dict[str, Any]:
    """Service, release, ports and the state of every unit (null where there is no systemd).

    Raises `PorterError` on a host that was never configured.
    """
    layout = machine.layout
    spec = load(machine, HostSpec, layout.host, "run `porter host apply` first")
    deployment = load(machine, Deployment, layout.deployment, "cloud-init writes it at first boot")
    return {
        "service": spec.service,
        "region": deployment.region,
        "stack": deployment.stack_id,
        "bundle": layout.bundle(deployment.bundle).name,
        "payload": layout.payload(deployment.payload).name,
        "porterd": {
            "url": f"http://127.0.0.1:{spec.porterd.port}",
            "unit": _unit(machine, PORTERD_UNIT),
        },
        "haproxy": {"port": spec.proxy.port, "unit": _unit(machine, HAPROXY_UNIT)}
        if spec.proxy
        else None,
        "workloads": [
            {
                "name": workload.name,
                "port": workload.port,
                "unit": _unit(machine, workload_unit(workload.name)),
            }
            for workload in spec.workloads
        ],
    }


def _unit(machine: Machine, name: str) -> dict[str, Any]:
    state = machine.unit(name)
    return {"name": name, "state": asdict(state) if state else None}
