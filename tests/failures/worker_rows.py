"""Workers that do not stay up, or are not well: told by porterd, as the service's own failures."""

from __future__ import annotations

from tests.failures.rows import Failure

_PATIENCE = 40
"""The wait condition's time-out, in seconds; porterd gives up after three quarters of it."""

_EXITS = "print('no mail server'); exit(3)"
_WORKER = 'workers={"mail": Process(["python3", "-c", WORKER], source="service")},'
_CHECK = '["sh", "-c", "echo the queue is not there; exit 1"]'


def _beside(worker: str, **names: str) -> tuple[tuple[str, str], ...]:
    """The template with this worker beside its service."""
    constants = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    return (
        ("app = cdk.App()", f"{constants}app = cdk.App()"),
        ('HealthCheck("/health"),', f'HealthCheck("/health"), {worker}'),
    )


WORKERS = (
    Failure(
        name="worker-exits",
        edits=_beside(_WORKER, WORKER=_EXITS),
        seen="hello-service will not become healthy: mail exited with code 3 (… times)…"
        "Last lines of mail: …no mail server",
        why="A worker ends as soon as it is started; the service itself may be well.",
        cure="Read its last lines. What is to run once, or now and then, is a `Job`.",
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
        why="A worker stays up, but its own check does not pass.",
        cure="Run the check by hand (`porter rehearse shell`), in the worker's folder.",
    ),
)
