"""porterd's HTTP answers on loopback, and its start."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from porter.aws.metadata import Metadata
from porter.daemon.app import create_app
from porter.daemon.events import Events
from porter.daemon.metrics import CONTENT_TYPE
from porter.daemon.settings import load
from porter.daemon.verdict import Verdict
from porter.daemon.watch import Watch
from tests.daemon.loopback import INSTANCE_ID, SECRET, Imds, Service
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.slowness import slowness
from tests.interface.page import DOCUMENT


@pytest.fixture
def serving(porterd: PorterdProcess, service: Service) -> PorterdProcess:
    """Porterd beside a healthy service."""
    porterd.watch_over(service.port)
    porterd.start()
    return porterd


def test_the_service_learns_where_it_runs(serving: PorterdProcess) -> None:
    """The service needs plain GETs, not an AWS SDK."""
    assert serving.get("/health") == (200, {"status": "ok"})
    assert serving.get("/aws/region") == (200, "eu-west-1")
    tags = {"Name": "hello", "aws:autoscaling:groupName": "Hello-Group"}
    assert serving.get("/aws/ec2/tags") == (200, tags)
    assert serving.get("/v1/identity") == (
        200,
        {
            "account_id": "123456789012",
            "availability_zone": "eu-west-1a",
            "image_id": "ami-1",
            "instance_id": INSTANCE_ID,
            "instance_type": "t3.micro",
            "private_ip": "10.0.0.9",
            "region": "eu-west-1",
        },
    )


def test_v1_service_tells_the_whole_story(serving: PorterdProcess) -> None:
    """The answer has every field except the handle."""
    answer = serving.until_signal("sent")
    assert SECRET not in json.dumps(answer)
    assert answer["gate"].pop("reason").startswith("hello is healthy: GET /health answered 200")
    last = answer.pop("last_check")
    assert last.pop("at") == pytest.approx(answer["healthy_at"])
    assert 0 < last.pop("seconds") < 1 * slowness()
    assert last == {"ok": True, "status": 200, "problem": ""}
    assert answer["first_healthy_at"] < answer["healthy_at"] < answer["signal"].pop("at")
    del answer["first_healthy_at"], answer["healthy_at"]
    assert answer == {
        "service": "hello",
        "gate": {"state": "healthy", "consecutive": 3, "threshold": 3},
        "workers": {},
        "signal": {"state": "sent", "status": "SUCCESS"},
    }


def test_porterd_serves_the_document_that_describes_it(serving: PorterdProcess) -> None:
    assert serving.get("/v1/openapi.json") == (200, json.loads(DOCUMENT.read_text("utf-8")))


def test_metrics_are_openmetrics(porterd: PorterdProcess, service: Service) -> None:
    """Prometheus's own parser, which is strict, reads them."""
    porterd.systemd.says("porter-hello.service", NRestarts=2, UID=os.getuid())
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until_signal("sent")
    status, headers, body = porterd.exchange("GET", "/metrics")
    assert (status, headers["Content-Type"]) == (200, CONTENT_TYPE)
    found = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(body.decode())
        for one in family.samples
    }
    assert found["porter_gate", "healthy"] == 1
    assert found["porter_gate", "waiting"] == 0
    assert found["porter_signal", "sent"] == 1
    assert found["porter_check_success",] == 1
    assert 0 < found["porter_check_duration_seconds",] < 5
    assert found["porter_program_restarts_total", "hello"] == 2
    assert (
        0 < found["porter_host_memory_available_bytes",] < found["porter_host_memory_total_bytes",]
    )
    assert found["porter_host_disk_available_bytes",] > 0


def test_errors_are_json(serving: PorterdProcess, imds: Imds) -> None:
    """Flask's own errors are JSON too; a foreign Host is refused."""
    serving.until_signal("sent")
    imds.tree.clear()
    assert serving.get("/nowhere") == (404, {"error": "Not Found"})
    status, headers, body = serving.exchange("POST", "/health")
    assert (status, json.loads(body)) == (405, {"error": "Method Not Allowed"})
    assert "GET" in headers["Allow"]
    status, _, body = serving.exchange("GET", "/v1/service", Host="evil.example")
    assert (status, json.loads(body)) == (400, {"error": "Bad Request"})
    status, answer = serving.get("/v1/identity")
    assert status == 502
    assert "answered 404" in answer["error"]


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO", "X-Forwarded-Proto"])
def test_a_header_that_is_meant_for_wsgi_changes_nothing(
    serving: PorterdProcess, name: str
) -> None:
    """By default gunicorn obeys such a header, and answers 500 in HTML."""
    status, _, body = serving.exchange("GET", "/health", **{name: "/elsewhere"})
    assert (status, json.loads(body)) == (200, {"status": "ok"})


def test_health_fails_while_the_gate_does_not_run(porterd: PorterdProcess, imds: Imds) -> None:
    """A porterd that answers but does not watch the service is not healthy."""
    porterd.watch_over(1)
    settings, metadata = load(porterd.environment), Metadata(imds.url)
    events = Events(settings.runtime_directory)
    watch = Watch(settings, metadata, events, Verdict(settings.runtime_directory))
    app = create_app(settings, metadata, watch, events)
    answer = app.test_client().get("/health")
    assert answer.status_code == 503
    assert 0 <= answer.get_json()["gate_age_seconds"] < 10 * slowness()
    assert SECRET not in repr(settings)
    (porterd.root / "log").touch()


def test_systemd_is_told_when_the_port_is_bound(porterd: PorterdProcess, service: Service) -> None:
    """The unit has `Type=notify`: porterd sends READY=1 to the notification socket."""
    address = porterd.root / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(30)
        porterd.environment["NOTIFY_SOCKET"] = str(address)
        porterd.watch_over(service.port)
        porterd.spawn()
        assert b"READY=1" in systemd.recv(1024).split(b"\n")
        socket.create_connection(("127.0.0.1", porterd.port), 1).close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: p.environment.pop("STATE_DIRECTORY"), "porterd: $STATE_DIRECTORY: is not set"),
        (lambda p: _credential(p, "host.json").unlink(), "host.json: No such file or directory"),
        (lambda p: _credential(p, "host.json").write_text("{"), "host.json: is not valid"),
        (
            lambda p: _credential(p, "deployment.json").write_text(f'{{"schema": "{SECRET}"}}'),
            "deployment.json/schema: is not valid",
        ),
    ],
)
def test_porterd_says_what_it_is_missing(porterd: PorterdProcess, spoil: object, said: str) -> None:
    """Porterd prints one line without the content of its files, and exits with 1."""
    porterd.watch_over(1)
    assert callable(spoil)
    spoil(porterd)
    assert porterd.spawn().wait(30) == 1
    assert said in porterd.log
    assert porterd.log.count("\n") == 1


def test_porterd_says_that_its_port_is_taken(porterd: PorterdProcess, service: Service) -> None:
    """Porterd first waits for an earlier porterd to end, then prints one sentence."""
    porterd.watch_over(service.port)
    with socket.create_server(("127.0.0.1", porterd.port)):
        assert porterd.spawn().wait(30) == 1
    assert porterd.log == (
        f"porterd: cannot listen on 127.0.0.1:{porterd.port}: Address already in use "
        "(stop what listens there)\n"
    )


def _credential(porterd: PorterdProcess, name: str) -> Path:
    return porterd.folders["credentials"] / name


def test_it_stops_promptly_and_leaves_nothing(serving: PorterdProcess) -> None:
    """Only the journal and the lock stay; no process and no port."""
    serving.until_signal("sent")
    master = serving.master
    serving.stop()
    assert not Path(f"/proc/{master}").exists()
    with pytest.raises(ConnectionRefusedError):
        serving.get("/health")
    assert {path.name for path in serving.folders["state"].iterdir()} == {"signal.json"}
    left = {path.name for path in serving.folders["runtime"].iterdir()}
    assert left == {"events.jsonl", "gate.lock", "known.json", "read.json"}


def test_it_fits_a_small_host(
    serving: PorterdProcess, record_property: Callable[[str, object], None]
) -> None:
    """The limit is for the proportional memory of both processes, which is about 30 MB."""
    serving.until_signal("sent")
    kilobytes = sum(
        int(line.split()[1])
        for pid in (serving.master, serving.worker)
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        if line.startswith("Pss:")
    )
    record_property("porterd_pss_mb", round(kilobytes / 1024, 1))
    print(f"porterd: {kilobytes / 1024:.1f} MB PSS")  # noqa: T201 - a measurement
    assert kilobytes < 50 * 1024


def test_no_sdk_is_loaded() -> None:
    """boto3 would double the memory of porterd."""
    look = "import sys, porter.daemon.__main__; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=20
    ).stdout.split()
    assert "flask" in loaded
    assert not {"boto3", "botocore", "requests", "aws_cdk", "urllib3"} & set(loaded)
