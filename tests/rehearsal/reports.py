"""Reports of a rehearsal that succeeded, of one that failed, and of an update."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from porter.build.assets import Payload
from porter.rehearsal.cloud.emulator import ReceivedSignal
from porter.rehearsal.machines.played.machines import ProcessMachines
from porter.rehearsal.story.not_exercised import NotExercised
from porter.rehearsal.story.report import Report, ReportedHost, Service, Update
from porter.rehearsal.story.timeline import Span

DONE = Report(
    ok=True,
    stack_status="CREATE_COMPLETE",
    reason="",
    machine="process",
    endpoint="http://localhost:30000",
    url="http://127.0.0.1:20080/",
    response_status=200,
    signals=(
        ReceivedSignal(at=8.4, status="SUCCESS", unique_id="i-0123", reason="web is healthy"),
    ),
    spans=(
        Span(phase="prepare", start=0.0, end=0.3),
        Span(phase="synth", start=0.3, end=2.9),
        Span(phase="deploy", start=2.9, end=4.4),
        Span(phase="boot", start=4.4, end=6.3),
        Span(phase="healthy", start=6.3, end=6.4),
        Span(phase="signal", start=6.4, end=8.4),
        Span(phase="complete", start=8.4, end=8.5),
    ),
    healthy_to_signal=2.0,
    services=(
        Service(
            name="web",
            url="http://127.0.0.1:20080/",
            balanced=True,
            asked=True,
            status=200,
            hosts=(
                ReportedHost(
                    instance_id="i-0123",
                    url="http://127.0.0.1:20081/",
                    ports={80: 20081},
                    running=True,
                ),
            ),
        ),
    ),
    evidence={},
    not_exercised=NotExercised(machines=ProcessMachines().limits),
    payloads=(Payload("Hello", "Hello/Service/Host", Path("a.xz"), 1234, ""),),
)

FAILED = replace(
    DONE,
    ok=False,
    stack_status="ROLLBACK_COMPLETE",
    reason="ServiceHostWaitCondition: failed: the service exited with 3",
    url=None,
    response_status=None,
    signals=(ReceivedSignal(at=6.3, status="FAILURE", unique_id="i-0123", reason="exited with 3"),),
    spans=DONE.spans[:3],
    healthy_to_signal=None,
    services=(replace(DONE.services[0], asked=False, status=None),),
    last_check="web i-0123: GET /health on port 20081: answered 503",
    evidence={"web i-0123: porter-web.service": ["Traceback", "  KeyError: 'DATABASE'"]},
)

UPDATED = replace(
    DONE,
    stack_status="UPDATE_COMPLETE",
    updates=(
        Update.of("HEAD~1", replace(DONE, hosts_started=1)),
        Update.of(
            "hello",
            replace(
                DONE,
                stack_status="UPDATE_COMPLETE",
                hosts_started=1,
                hosts_stopped=1,
                requests=425,
            ),
        ),
    ),
)
