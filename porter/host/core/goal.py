"""The goal of an apply: what this machine must become."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import TypeVar

from porter.errors import PorterError, SpecError
from porter.host.core.layout import Layout
from porter.host.core.payload import payload_spec
from porter.host.core.systems import System, system
from porter.host.core.view import View
from porter.spec import AssetLocation, Deployment, HostSpec, Secret, loads, map_ports, resolve
from porter.spec.host import PYTHONS

T = TypeVar("T")

ENDPOINT_VARIABLES = (
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
)
"""The SDKs' variables that porterd inherits from apply: both ask the same endpoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a hot apply demands of a new program, if not what the specification says.

    `successes` of its health check in a row, 0 for the specification's number, within `seconds`.
    """

    successes: int = 0
    seconds: float = 300.0


@dataclass(frozen=True, slots=True)
class Goal:
    """The resolved spec, its deployment, the layout and system of this host, and porter's Python.

    `secrets` is empty until phase `secrets` has fetched the value of every secret in `spec`.
    """

    spec: HostSpec
    deployment: Deployment
    layout: Layout
    python: str
    endpoints: Mapping[str, str]
    system: System
    secrets: Mapping[Secret, str] = field(default_factory=dict, compare=False, repr=False)
    gate: Gate = field(default_factory=Gate)


def require_host(view: View) -> None:
    """Raise `PorterError` on a machine that is not a host."""
    path = view.layout.deployment
    if view.read(path) is None:
        raise PorterError(
            "this machine is not a host of porter: cloud-init wrote no deployment",
            where=str(path),
            cure="run the command on a host; `porter rehearse shell` opens a rehearsed one",
        )


def deployment_of(view: View, payload: AssetLocation | None = None) -> Deployment:
    """Return the deployment of this host; `payload` replaces the payload that it names."""
    require_host(view)
    deployment = load(view, Deployment, view.layout.deployment, "")
    return replace(deployment, payload=payload) if payload else deployment


def spec_of(view: View) -> HostSpec:
    """Return the specification that the last apply wrote."""
    return load(view, HostSpec, view.layout.host, "`porter host apply` writes it")


def load_goal(
    view: View, deployment: Deployment, ports: Mapping[int, int], environment: Mapping[str, str]
) -> Goal:
    """Return the goal that `deployment` sets for this machine, its ports moved by `ports`.

    Raises `PorterError` if a file of cloud-init or the bootstrap is missing, or was written by
    another version of porter, and if this host lacks the Python of the specification.
    """
    layout = view.layout
    spec = payload_spec(view, deployment)
    try:
        here = map_ports(resolve(spec, deployment), ports)
    except SpecError as error:
        raise error.below(str(layout.payload(deployment.payload) / "host.json")) from error
    endpoints = {name: environment[name] for name in ENDPOINT_VARIABLES if name in environment}
    known = system(view)
    return Goal(here, deployment, layout, _python(view, spec, known), endpoints, known)


def _python(view: View, spec: HostSpec, here: System) -> str:
    """Return the Python that the app has chosen, else this one. Raises `PorterError`."""
    if not spec.python:
        return sys.executable
    found = {version: view.program(f"python{version}") for version in PYTHONS}
    if chosen := found[spec.python]:
        return str(chosen)
    there = " and ".join(f"python{version}" for version, path in found.items() if path)
    raise PorterError(
        f"{here.name or 'this host'} has no python{spec.python}, but {there or 'no other'}",
        where="python",
        cure="choose that one in PorterHost(python=...), or an image with the other",
    )


def load(view: View, kind: type[T], path: PurePath, origin: str) -> T:
    """Decode the file at `path` as the spec dataclass `kind`; `origin` names the file's author.

    Raises `PorterError` if the file is missing or does not decode.
    """
    found = view.read(path)
    if found is None:
        raise PorterError("is missing", where=str(path), cure=origin)
    try:
        return loads(kind, found.content)
    except SpecError as error:
        raise error.below(str(path)) from error
