"""Loads what this machine must become."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from porter.errors import PorterError, SpecError
from porter.host.layout import Layout
from porter.host.machine import Machine
from porter.host.payload import payload_spec
from porter.host.systems import System, system
from porter.host.vault import Vault
from porter.spec import AssetLocation, Deployment, HostSpec, loads, map_ports, resolve

T = TypeVar("T")

ENDPOINT_VARIABLES = (
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
)
"""The SDKs' own variables: porterd asks the endpoints that apply was started with."""


@dataclass(frozen=True, slots=True)
class Goal:
    """The resolved spec, where it goes, on which system, and the Python that runs porter.

    `vault` has the values of the secrets that `spec` names.
    """

    spec: HostSpec
    deployment: Deployment
    layout: Layout
    python: str
    endpoints: Mapping[str, str]
    system: System
    vault: Vault = field(default_factory=Vault, compare=False)


def load_goal(
    machine: Machine,
    ports: Mapping[int, int],
    environment: Mapping[str, str],
    *,
    payload: AssetLocation | None = None,
    keep: bool = True,
) -> Goal:
    """The goal of this machine, its ports moved by `ports`; with `payload`, a newer one.

    A payload that is not on this machine yet is fetched, and with `keep` it stays.

    Raises `PorterError` if a file that cloud-init or the bootstrap left is missing, or is another
    porter's.
    """
    layout = machine.layout
    deployment = load(machine, Deployment, layout.deployment, "cloud-init writes it at first boot")
    if payload:
        deployment = replace(deployment, payload=payload)
    spec = payload_spec(machine, deployment, keep=keep)
    try:
        here = map_ports(resolve(spec, deployment), ports)
    except SpecError as error:
        raise error.below(str(layout.payload(deployment.payload) / "host.json")) from error
    endpoints = {name: environment[name] for name in ENDPOINT_VARIABLES if name in environment}
    vault = Vault(deployment.region)
    return Goal(here, deployment, layout, sys.executable, endpoints, system(machine), vault)


def load(machine: Machine, kind: type[T], path: Path, origin: str) -> T:
    """The spec dataclass `kind` in the file at `path`; `origin` says who should have put it there.

    Raises `PorterError` if it is not there, or not what it should be.
    """
    found = machine.read(path)
    if found is None:
        raise PorterError("is missing", where=str(path), cure=origin)
    try:
        return loads(kind, found.content)
    except SpecError as error:
        raise error.below(str(path)) from error
