"""Turn the synthesized spec into the spec that this host runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, cast

from porter.spec.deployment import Deployment, DeployTime
from porter.spec.host import HostSpec
from porter.spec.proxy import Proxy


def resolve(spec: HostSpec, deployment: Deployment) -> HostSpec:
    """Return `spec` with every `DeployTime` in it replaced by its text.

    Raises `SpecError` for an index that `deployment` lacks, and for a text that is invalid in its
    place.
    """
    return cast("HostSpec", _fill(spec, deployment))


def _fill(node: Any, deployment: Deployment) -> Any:  # noqa: ANN401 - any part of a spec
    if isinstance(node, DeployTime):
        return deployment.text(node.index)
    if isinstance(node, tuple):
        return tuple(_fill(item, deployment) for item in node)
    if isinstance(node, Mapping):
        return {name: _fill(value, deployment) for name, value in node.items()}
    if is_dataclass(node) and not isinstance(node, type):
        parts = {part.name: getattr(node, part.name) for part in fields(node) if part.init}
        return replace(node, **{name: _fill(part, deployment) for name, part in parts.items()})
    return node


def ports_of(spec: HostSpec) -> tuple[int, ...]:
    """Return every port that the host listens on: proxy, porterd, then the workloads in order."""
    proxy = (spec.proxy.port, spec.proxy.redirect_port) if spec.proxy else ()
    ports = (workload.port for workload in spec.workloads)
    return tuple(port for port in (*proxy, spec.porterd.port, *ports) if port is not None)


def map_ports(spec: HostSpec, mapping: Mapping[int, int]) -> HostSpec:
    """Return `spec` with other ports; no other code changes a port.

    It serves several hosts on one machine, and users who may not listen below 1024. Ports that
    `mapping` does not contain stay.
    """

    def mapped(port: int) -> int:
        return mapping.get(port, port)

    return replace(
        spec,
        proxy=_moved(spec.proxy, mapped) if spec.proxy else None,
        porterd=replace(spec.porterd, port=mapped(spec.porterd.port)),
        workloads=tuple(
            one if one.port is None else replace(one, port=mapped(one.port))
            for one in spec.workloads
        ),
    )


def _moved(proxy: Proxy, mapped: Callable[[int], int]) -> Proxy:
    redirect = None if proxy.redirect_port is None else mapped(proxy.redirect_port)
    return replace(proxy, port=mapped(proxy.port), redirect_port=redirect)
