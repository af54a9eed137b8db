"""Slow and unusual services that must succeed."""

from __future__ import annotations

from pathlib import Path

from porter.rehearsal.faults import Fault
from tests.failures import services
from tests.failures.rows import RELEASE, Success
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once

_TWO = (
    ("PorterService, Process", "PorterService, Process, Secret"),
    ("import aws_cdk as cdk", "import aws_cdk as cdk\nfrom aws_cdk import aws_secretsmanager"),
    (
        "PorterService(\n",
        'word = aws_secretsmanager.Secret(stack, "Word")\nservice = PorterService(\n',
    ),
    ("port=8000)", 'port=8000, secrets={"WORD": Secret.from_secrets_manager(word)})'),
    ('HealthCheck("/health"),', 'HealthCheck("/health"), min_capacity=2, min_healthy=1,'),
    ("app.synth()", "service.host.auto_scaling_group.node.add_dependency(word)\napp.synth()"),
)
"""Two hosts, of which one suffices; each needs a secret, for which a host asks for 12 s."""

ODD = (
    Success(name="late", main=services.LATE, within=25),
    Success(name="warms-up", main=services.WARMS_UP, within=20),
    Success(name="second-start-works", main=services.SECOND_START_WORKS),
    Success(name="chatters", main=services.CHATTERS),
    Success(name="large-headers", main=services.LARGE_HEADERS),
    Success(name="head-differs", main=services.HEAD_DIFFERS),
    Success(name="http-1.0", main=services.HTTP_1_0),
    Success(name="asset-slow", faults=(Fault.ASSET_SLOW,), within=40),
    Success(name="handle-error", faults=(Fault.HANDLE_ERROR,)),
    Success(name="handle-reset", tier=RELEASE, faults=(Fault.HANDLE_RESET,)),
    Success(name="handle-slow", tier=RELEASE, faults=(Fault.HANDLE_SLOW,)),
    Success(
        name="porterd-killed",
        main=services.SLOW_START,
        faults=(Fault.KILLED_WAITING, Fault.KILLED_CONFIRMING),
        within=25,
    ),
    Success(
        name="porterd-killed-signalling",
        tier=RELEASE,
        main=services.SLOW_START,
        faults=(Fault.KILLED_SIGNALLING, Fault.HANDLE_SLOW),
        within=25,
    ),
    Success(
        name="one-host-offline",
        tier=RELEASE,
        main=services.LATER,
        edits=_TWO,
        timeout=200,
        faults=(Fault.ONE_HOST_OFFLINE,),
        within=100,
    ),
)

FAULTY = tuple(row for row in ODD if row.faults)
FAULT_FREE = tuple(row for row in ODD if not row.faults)

ODD_MACHINES = (
    Success(
        name="metadata-slow",
        machine="systemd",
        faults=(Fault.METADATA_SLOW,),
        timeout=150,
        within=140,
    ),
)

_TOGETHER = """\
import aws_cdk as cdk
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
for name in {names}:
    PorterService(
        cdk.Stack(app, name), "Service",
        run=Process(["python3", "main.py"], source=name, port=8000),
        health_check=HealthCheck("/health"),
        timeout=cdk.Duration.seconds(60),
    )
app.synth()
"""


def stack_of(row: Success) -> str:
    """Return the name of the stack of `row` in the app of `together`."""
    return row.name.replace(".", "-")


def together(sandbox: Sandbox) -> Path:
    """Return an app with a stack for each row of `FAULT_FREE`."""
    app = sandbox.app(app=_TOGETHER.format(names=[stack_of(row) for row in FAULT_FREE]))
    for row in FAULT_FREE:
        (app / stack_of(row)).mkdir()
        (app / stack_of(row) / "main.py").write_text(row.main, "utf-8")
    return synthesize_once(app)
