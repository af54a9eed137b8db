"""The app that every row of the table changes, and its synthesis."""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from porter.bundle import archive

os.environ["CDK_VALIDATION"] = "false"  # 4 seconds per process

import porter_cdk  # isort: skip  (first: it chooses the node that aws_cdk starts)
import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

Customize = Callable[[porter_cdk.PorterService], object]


@dataclass
class App:
    """A service with a queue in its own VPC; a row of the table edits it."""

    folder: Path
    """The service's files."""
    agent: Path
    """The files of the setup step."""
    bundle: bytes = b"porter 1"
    id: str = "Service"
    queue: dict[str, Any] = field(default_factory=dict)
    vpc: dict[str, Any] = field(default_factory=lambda: {"max_azs": 2, "nat_gateways": 0})
    process: dict[str, Any] = field(
        default_factory=lambda: {"command": ["python3", "main.py"], "port": 8000}
    )
    container: dict[str, Any] = field(default_factory=dict)
    """Arguments of `Container.from_registry`, which then replaces the process."""
    secrets: Callable[[cdk.Stack], dict[str, porter_cdk.Secret]] = lambda _: {}
    setup: dict[str, Any] = field(
        default_factory=lambda: {"command": ["./install.sh"], "environment": {"KEY": "1"}}
    )
    more_setup: list[porter_cdk.Setup] = field(default_factory=list)
    health_check: dict[str, Any] = field(default_factory=lambda: {"path": "/health"})
    service: dict[str, Any] = field(default_factory=lambda: {"min_capacity": 2, "max_capacity": 4})
    customize: Customize = lambda _: None
    context: dict[str, Any] = field(default_factory=dict)
    environment: Callable[[sqs.Queue], dict[str, str]] = lambda queue: {
        "COLOUR": "blue",
        "QUEUE": queue.queue_url,
    }


def new_app(folder: Path) -> App:
    """Return the app before any change, with its files in and beside `folder`."""
    folder.mkdir()
    (folder / "main.py").write_text("print(1)\n")
    (folder / "main.py").chmod(0o644)
    (folder / "README").write_text("a service\n")
    agent = folder.with_name(f"{folder.name}-agent")
    agent.mkdir()
    (agent / "install.sh").write_text("#!/bin/sh\n")
    return App(folder, agent)


def synthesize(app: App) -> dict[str, Any]:
    """Return the template of `app`."""
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder, "bundle.tar.xz")
        bundle.write_bytes(app.bundle)
        patch.setattr(archive, "LOCATION", bundle)
        root = cdk.App(outdir=str(Path(folder, "cdk.out")), context=app.context)
        stack = cdk.Stack(root, "Hello")
        queue = sqs.Queue(stack, "Queue", **app.queue)
        service = porter_cdk.PorterService(
            stack,
            app.id,
            run=program(app, stack, app.environment(queue)),
            health_check=porter_cdk.HealthCheck(**app.health_check),
            setup=[porter_cdk.Setup("agent", source=app.agent, **app.setup), *app.more_setup],
            vpc=ec2.Vpc(stack, "Vpc", **app.vpc),
            **app.service,
        )
        app.customize(service)
        return dict(Template.from_stack(stack).to_json())


def program(app: App, stack: cdk.Stack, environment: dict[str, str]) -> porter_cdk.host.Program:
    """Return the program that the service runs."""
    if app.container:
        return porter_cdk.Container.from_registry(environment=environment, **app.container)
    return porter_cdk.Process(
        source=app.folder, environment=environment, secrets=app.secrets(stack), **app.process
    )
