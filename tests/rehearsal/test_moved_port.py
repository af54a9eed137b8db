"""A literal port fails beside another host, and the reason says that this is the rehearsal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from porter.rehearsal.fleet.host import Host
from porter.rehearsal.machines.api import Launch
from porter.rehearsal.machines.played.machine import ProcessMachine
from porter.rehearsal.story.moved_port import explanation
from porter.spec import HealthCheck, HostSpec, ProcessWorkload, Proxy
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once

TAKEN = "web exited with code 1 (3 times). Last lines of web: OSError: Address already in use"
SILENT = "GET /health on port 80: nothing listens on 127.0.0.1:20652 (does web listen on $PORT?)"

LITERAL = """\
from http.server import HTTPServer, SimpleHTTPRequestHandler
HTTPServer(("127.0.0.1", 8000), SimpleHTTPRequestHandler).serve_forever()
"""


def host(folder: Path, ports: Mapping[int, int]) -> Host:
    """Return a host that was never healthy."""
    launch = Launch(
        instance_id="i-0123",
        account="123456789012",
        region="us-east-1",
        availability_zone="us-east-1a",
        image_id="",
        instance_type="",
        user_data=b"",
        tags={},
        role_name="",
        credentials=dict,
        aws_endpoint="",
        ports=ports,
    )
    spec = HostSpec(
        schema=1,
        service="hello",
        timeout_seconds=900,
        workloads=(ProcessWorkload(name="web", command=("python3", "main.py"), port=8000),),
        health_check=HealthCheck("/health"),
        proxy=Proxy(workload="web"),
    )
    machine = ProcessMachine(launch, folder)
    return Host(instance_id="i-0123", machine=machine, spec=spec, ports=ports)


@pytest.mark.parametrize("reason", [TAKEN, SILENT])
def test_a_literal_port_that_moved_is_the_rehearsals_doing(tmp_path: Path, reason: str) -> None:
    said = explanation(reason, [host(tmp_path, {80: 20001, 8000: 20652})])
    assert said.startswith(". This is the rehearsal's doing")
    assert "port 8000 of i-0123 moved to 20652; on EC2 it stays 8000" in said
    assert "$PORT" in said


@pytest.mark.parametrize("reason", [TAKEN, SILENT, ""])
def test_a_port_that_stayed_is_not(tmp_path: Path, reason: str) -> None:
    assert explanation(reason, [host(tmp_path, {80: 20001})]) == ""


def test_another_failure_beside_a_moved_port_is_not(tmp_path: Path) -> None:
    moved = host(tmp_path, {80: 20001, 8000: 20652})
    assert explanation("answered 500: no database", [moved]) == ""


@pytest.mark.exhaustive
def test_two_hosts_that_ignore_their_port_fail_with_that_explanation(sandbox: Sandbox) -> None:
    app = sandbox.app("literal", service__main=LITERAL)
    program = app / "app.py"
    two = program.read_text().replace("health_check=", "min_capacity=2, health_check=")
    program.write_text(two)
    ended = sandbox.rehearse(synthesize_once(app), "--json")
    assert ended.code == 1, ended.out
    assert "This is the rehearsal's doing" in ended.report["reason"], ended.report["reason"]
    assert ended.left.nothing, ended.left
