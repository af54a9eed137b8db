"""A real porterd's `/v1/events`: who waits is told at once, holds no thread, and has bounds."""

import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.daemon.crowd import another_user, connect
from tests.daemon.handing import KEY
from tests.daemon.loopback import Service
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.slowness import slowness


@pytest.fixture
def clients() -> Iterator[ExitStack]:
    """Closes the connections that a test opens."""
    with ExitStack() as stack:
        yield stack


def poll(query: str) -> bytes:
    """Return the request of a poll."""
    return f"GET /v1/events?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def answer(client: socket.socket) -> dict[str, Any]:
    """Read the whole answer; return its body."""
    client.settimeout(100)
    text = b""
    while piece := client.recv(65536):
        text += piece
    decoded: dict[str, Any] = json.loads(text.partition(b"\r\n\r\n")[2])
    return decoded


def newest(porterd: PorterdProcess) -> int:
    """Return the id of the last event."""
    return int(porterd.get("/v1/events")[1]["next"])


def test_a_deployment_is_a_row_of_events(serving: PorterdProcess) -> None:
    status, told = serving.get("/v1/events")
    assert status == 200
    assert [one["kind"] for one in told["events"]] == ["health", "signal", "signal"]
    assert [one["state"] for one in told["events"][1:]] == ["intended", "sent"]
    assert told["events"][0]["program"] == "hello"
    assert (told["next"], told["missed"]) == (told["events"][-1]["id"], False)
    assert serving.get(f"/v1/events?since={told['next']}")[1]["events"] == []
    only = serving.get("/v1/events?kind=health")[1]["events"]
    assert only == told["events"][:1]


def test_ids_survive_a_restart(serving: PorterdProcess) -> None:
    before = serving.get("/v1/events")[1]
    serving.stop()
    serving.start()
    assert serving.get("/v1/events")[1] == before


def test_a_hot_apply_and_the_outcome_of_a_job_are_events(
    porterd: PorterdProcess, service: Service
) -> None:
    """A hot apply restarts porterd with another payload; a job leaves a file."""
    porterd.watch_over(service.port, role="arn:aws:iam::123456789012:role/Service")
    credentials, jobs = porterd.folders["credentials"], porterd.root / "jobs"
    (credentials / "credentials.key").write_bytes(KEY)
    jobs.mkdir()
    porterd.environment |= {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "PORTER_JOBS_DIRECTORY": str(jobs),
    }
    porterd.start()
    told = {"job": "nightly", "occurrence": "2026-12-01T03:00:00Z", "token": 7}
    outcome = {**told, "result": "signal", "exit_code": None, "seconds": 1.5}
    (jobs / "nightly.json").write_text(json.dumps(outcome))
    (job,) = porterd.get("/v1/events?kind=job&wait=20")[1]["events"]
    del outcome["token"]
    assert outcome.items() <= job.items()
    porterd.stop()
    deployment = credentials / "deployment.json"
    deployment.write_text(deployment.read_text().replace("0" * 64, "ab" * 32))
    porterd.start()
    (applied,) = porterd.get(f"/v1/events?since={job['id']}&kind=hot-apply")[1]["events"]
    assert applied["payload"] == "abababababab"


def test_a_worker_of_gunicorn_that_dies_loses_no_event(serving: PorterdProcess) -> None:
    """The next worker is a copy of the main process, whose log is as old as its start."""
    before = serving.get("/v1/events")[1]
    os.kill(serving.worker, 9)
    serving.until(serving._serves)
    assert serving.get("/v1/events")[1] == before


@pytest.mark.parametrize(
    "query", ["wait=61", "wait=-1", "wait=x", "since=-1", "since=1e9", "kind=x", "wait=%EF%BC%91"]
)
def test_a_wrong_parameter_is_refused_with_what_it_may_be(
    serving: PorterdProcess, query: str
) -> None:
    status, told = serving.get(f"/v1/events?{query}")
    assert (status, told["code"]) == (400, "InvalidParameter")
    assert told["message"].startswith(f"{query.partition('=')[0]}: must be ")


def test_a_poll_waits_no_longer_than_it_says(serving: PorterdProcess) -> None:
    began = time.monotonic()
    status, told = serving.get(f"/v1/events?since={newest(serving)}&wait=2")
    assert (status, told["events"]) == (200, [])
    assert 2 <= time.monotonic() - began < 3 * slowness()


def test_all_polls_are_told_at_once_and_disturb_nobody(
    serving: PorterdProcess, service: Service, clients: ExitStack
) -> None:
    """500 polls wait while porterd checks; the service then answers 500."""
    texts = [poll(f"since={newest(serving)}&wait=60"), poll("since=now&wait=60&kind=health")]
    waiting = connect(serving, clients, *texts * 250)
    began = time.monotonic()
    assert serving.get("/health")[0] == 200
    assert time.monotonic() - began < 2 * slowness()
    service.status = 500
    told = [answer(client) for client in waiting]
    kinds = [[one["kind"] for one in each["events"]] for each in told]
    assert kinds == [["health"]] * 500
    arrival = time.time() - told[0]["events"][0]["at"]
    assert arrival < 3 * slowness()


def test_an_event_of_another_kind_leaves_a_poll_waiting(
    serving: PorterdProcess, service: Service, clients: ExitStack
) -> None:
    (client,) = connect(serving, clients, poll("kind=hot-apply&wait=60"))
    service.status = 500
    serving.until(lambda: serving.get("/v1/events")[1]["events"][-1]["kind"] == "health")
    client.settimeout(1)
    with pytest.raises(TimeoutError):
        client.recv(1)


def test_polls_are_answered_when_porterd_stops(serving: PorterdProcess, clients: ExitStack) -> None:
    (client,) = connect(serving, clients, poll("since=now&wait=60"))
    time.sleep(0.5)
    began = time.monotonic()
    serving.stop()
    assert answer(client)["events"] == []
    assert time.monotonic() - began < 2 * slowness()


def test_a_user_may_have_half_of_the_places_for_polls(
    serving: PorterdProcess, clients: ExitStack
) -> None:
    waiting = connect(serving, clients, *([poll("since=now&wait=60")] * 513))
    refused = [client for client in waiting if _is_refused(client)]
    assert len(refused) == 1
    assert serving.get("/health")[0] == 200


def _is_refused(client: socket.socket) -> bool:
    client.settimeout(0.01)
    try:
        return client.recv(4096).startswith(b"HTTP/1.1 429 ")
    except TimeoutError:
        return False


@pytest.mark.skipif(os.geteuid() != 0, reason="another user needs root")
def test_the_polls_of_one_user_leave_places_for_another(
    serving: PorterdProcess, clients: ExitStack
) -> None:
    with another_user(serving, 1500, poll("since=now&wait=60").decode()):
        (client,) = connect(serving, clients, poll("since=now&wait=1"))
        assert answer(client)["events"] == []


def test_a_client_that_goes_away_frees_its_place(
    serving: PorterdProcess, clients: ExitStack
) -> None:
    for _ in range(3):
        with ExitStack() as gone:
            connect(serving, gone, *([poll("since=now&wait=60")] * 400))
            time.sleep(0.5)
    (client,) = connect(serving, clients, poll("since=now&wait=1"))
    assert answer(client)["events"] == []
