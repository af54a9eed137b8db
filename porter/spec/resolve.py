"""From the spec as synthesized to the spec as this host runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from porter.spec.deployment import Deployment, DeployTime, Text
from porter.spec.host import HostSpec
from porter.spec.setup import SetupStep
from porter.spec.workload import ProcessWorkload

P = TypeVar("P", ProcessWorkload, SetupStep)


def resolve(spec: HostSpec, deployment: Deployment) -> HostSpec:
    """`spec` with every `DeployTime` replaced by its text.

    Raises `SpecError` for an index that `deployment` does not have.
    """

    def fill(text: Text) -> str:
        return deployment.text(text.index) if isinstance(text, DeployTime) else text

    def fill_all(program: P) -> P:
        return replace(
            program,
            command=tuple(fill(argument) for argument in program.command),
            environment={name: fill(text) for name, text in program.environment.items()},
        )

    return replace(
        spec,
        workloads=tuple(fill_all(workload) for workload in spec.workloads),
        setup=tuple(fill_all(step) for step in spec.setup),
    )


def ports_of(spec: HostSpec) -> tuple[int, ...]:
    """Every port the host listens on: proxy, porterd, then the workloads in order."""
    proxy = (spec.proxy.port,) if spec.proxy else ()
    return (*proxy, spec.porterd.port, *(workload.port for workload in spec.workloads))


def map_ports(spec: HostSpec, mapping: Mapping[int, int]) -> HostSpec:
    """`spec` listening on other ports: the only place where a port is changed.

    For several hosts on one machine, and for one without the privilege to listen below 1024.
    Ports that `mapping` does not name stay.
    """

    def mapped(port: int) -> int:
        return mapping.get(port, port)

    return replace(
        spec,
        proxy=replace(spec.proxy, port=mapped(spec.proxy.port)) if spec.proxy else None,
        porterd=replace(spec.porterd, port=mapped(spec.porterd.port)),
        workloads=tuple(replace(w, port=mapped(w.port)) for w in spec.workloads),
    )
