"""Workers that exit or whose check fails; porterd reports them like the service's failures."""

from __future__ import annotations

from tests.failures.rows import QUICK, Failure

_PATIENCE = 40
"""The wait condition's time-out, in seconds; porterd gives up after three quarters of it."""

_EXITS = "print('no mail server'); exit(3)"
_WORKER = 'workers={"mail": Process(["python3", "-c", WORKER], source="service")},'
_CHECK = '["sh", "-c", "echo the queue is not there; exit 1"]'


def _beside(worker: str, **names: str) -> tuple[tuple[str, str], ...]:
    """Return the template with this worker; `names` are constants of its app.py."""
    constants = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    return (
        ("app = cdk.App()", f"{constants}app = cdk.App()"),
        ('HealthCheck("/health"),', f'HealthCheck("/health"), {worker}'),
    )


WORKERS = (
    Failure(
        name="worker-exits",
        tier=QUICK,
        edits=_beside(_WORKER, WORKER=_EXITS),
        seen="hello-service will not become healthy: mail exited with code 3 (… times)…"
        "Last lines of mail: …no mail server",
        why="A worker exits as soon as it starts. The service itself may be healthy.",
        cure="Read its last lines. Use a `Job` for a program that runs once or on a schedule.",
    ),
    Failure(
        name="worker-check",
        edits=_beside(
            _WORKER.replace("WORKER]", f"WORKER], check={_CHECK}"),
            WORKER="import time; time.sleep(3600)",
        ),
        timeout=_PATIENCE,
        within=_PATIENCE,
        seen="hello-service did not become healthy within 30 s: mail: its check exited with code "
        "1. Last lines of mail's check: …the queue is not there",
        why="The worker runs, but its own check fails.",
        cure="Run the check by hand in the worker's folder (`porter rehearse shell`).",
    ),
)
