"""The goal of a host with the Splunk forwarder."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from porter.host.core.goal import Goal
from porter.host.core.layout import Layout
from porter.host.core.systems import SYSTEMS
from porter.spec import Files, HaproxyLog, Journal, Package, Splunk
from tests.host.fake_host import host_deployment, host_spec

PACKAGE = Package(format="deb", sha256="c" * 64, bucket="packages", key="uf-9.4.deb")
SPLUNK = Splunk(
    package=PACKAGE,
    accept_license=True,
    receivers=("one.example.com:9997", "two.example.com:9997"),
    deployment_server="deploy.example.com:8089",
    inputs=(Journal(("sshd.service",)), HaproxyLog(), Files("/var/log/app.log", "adm")),
    index="web",
)
VALUE = "swordfish"


def goal(splunk: Splunk | None = SPLUNK, system: str = "Debian 12", **changes: Any) -> Goal:
    here = next(one for one in SYSTEMS if one.name == system)
    spec = host_spec(splunk=splunk)
    made = Goal(spec, host_deployment(), Layout(), "/python", {}, here)
    return replace(made, **changes)
