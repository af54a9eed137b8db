"""The sentence about a gate names the workers, and where a program may write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from porter.daemon.gate import Observation, advance, given_up, open_gate
from porter.daemon.sentence import describe
from porter.daemon.settings import Target
from porter.spec import ContainerWorkload, HealthCheck, Image

CHECK = HealthCheck()
TARGET = Target(service="hello", port=80, health_check=CHECK, workload="web")


@pytest.mark.parametrize(
    ("workers", "web", "sentence"),
    [
        (("mail",), "", "mail stays up or passes its check"),
        (("mail", "sms"), "", "mail and sms stay up or pass their check"),
        (
            ("mail", "sms"),
            "web",
            "GET /health answered 200 once; mail and sms stay up or pass their check",
        ),
    ],
)
def test_a_healthy_host_names_its_workers(
    workers: tuple[str, ...], web: str, sentence: str
) -> None:
    target = replace(TARGET, workers=workers, workload=web)
    check = HealthCheck(healthy_threshold=1)
    seen = Observation(at=1000, ok=True, status=200, seconds=0.01)
    healthy = advance(open_gate(check, opened_at=1000, timeout_seconds=100), seen, 1000)
    assert describe(healthy, target) == f"hello is healthy: {sentence}"


@pytest.mark.parametrize(
    "printed",
    [
        "OSError: [Errno 30] Read-only file system: 'data.db'",
        "Error: EROFS: read-only file system, open '/opt/porter/x'",
        "sqlite3.OperationalError: attempt to write a readonly database",
        "sqlite3.OperationalError: unable to open database file",
    ],
)
def test_a_program_that_wrote_beside_its_code_is_told_where_it_may_write(printed: str) -> None:
    gate = given_up(
        open_gate(CHECK, opened_at=1000, timeout_seconds=100), "hello exited with code 1 (3 times)"
    )
    assert describe(replace(gate, last_words=printed), TARGET) == (
        "hello will not become healthy: hello exited with code 1 (3 times), as it may write only "
        f"to /tmp, $HOME and, with state=True, $STATE_DIRECTORY. {printed}"
    )
    other = describe(replace(gate, last_words="no such table: visitors"), TARGET)
    assert "may write" not in other


IMAGE = Image(source="registry", reference="example.org/web:1")
EROFS = "Error: EROFS: read-only file system, open '/data/x'"


@pytest.mark.parametrize(
    ("container", "where"),
    [
        ({}, "its container may write only to /tmp: name more folders in tmpfs="),
        ({"tmpfs": ("/run", "/d")}, "its container may write only to /run, /d: name more folders "),
        (
            {"tmpfs": ()},
            "its container may write nowhere: name folders in tmpfs=, or set read_only",
        ),
        ({"read_only": False}, ""),
        ({"name": "other"}, "it may write only to /tmp, $HOME and, with state=True"),
    ],
)
def test_a_container_that_wrote_elsewhere_is_told_what_to_set(
    container: dict[str, Any], where: str
) -> None:
    """A container has neither `$HOME` nor `state=`; the other program may be a process."""
    gate = given_up(open_gate(CHECK, opened_at=1000, timeout_seconds=100), "web exited")
    gate = replace(gate, last_words=EROFS, last_words_of="web")
    workload = ContainerWorkload(**{"name": "web", "image": IMAGE, **container})
    said = describe(gate, replace(TARGET, containers=(workload,)))
    assert (f", as {where}" in said) if where else "write" not in said.partition(". ")[0]
