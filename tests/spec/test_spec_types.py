"""The specification refuses impossible values, and its errors name the field."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from porter.spec import (
    AssetLocation,
    Check,
    Deployment,
    DeployTime,
    HealthCheck,
    HostSpec,
    Http,
    Job,
    Porterd,
    ProcessWorkload,
    Proxy,
    SetupStep,
    SpecError,
    Timeouts,
)

SHA256 = "ab" * 32


def workload(**changes: Any) -> ProcessWorkload:
    """Return a valid workload with `changes`."""
    fields: dict[str, Any] = {"name": "web", "command": ("python3", "main.py"), "port": 8000}
    return ProcessWorkload(**(fields | changes))


def setup(**changes: Any) -> SetupStep:
    """Return a valid setup step with `changes`."""
    fields: dict[str, Any] = {"name": "agent", "command": ("./install.sh",), "timeout_seconds": 9}
    return SetupStep(**(fields | changes))


def host(**changes: Any) -> HostSpec:
    """Return a valid host with one workload, with `changes`."""
    fields: dict[str, Any] = {
        "schema": 1,
        "service": "hello",
        "timeout_seconds": 900,
        "workloads": (workload(),),
        "health_check": HealthCheck("/health"),
        "proxy": Proxy(workload="web"),
    }
    return HostSpec(**(fields | changes))


def deployment(**changes: Any) -> Deployment:
    """Return a valid deployment without values, with `changes`."""
    location = AssetLocation(bucket="assets", key="a.tar.xz", sha256=SHA256)
    fields: dict[str, Any] = {
        "schema": 1,
        "region": "eu-west-1",
        "stack_id": "arn:aws:cloudformation:eu-west-1:111122223333:stack/Hello/1",
        "handle_url": "https://example.com/%7Ehandle?X-Amz-Expires=86399",
        "bundle": location,
        "payload": location,
    }
    return Deployment(**(fields | changes))


REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: workload(port=0), "port: must be 1-65535, got 0"),
    (lambda: workload(port=99999), "port: must be 1-65535, got 99999"),
    (lambda: workload(port="8000"), "port: must be a whole number, got '8000'"),
    (lambda: workload(port=True), "port: must be a whole number, got True"),
    (lambda: workload(command=()), "command: must be a non-empty list"),
    (lambda: workload(command="python3 main.py"), "command: must be a non-empty list"),
    (lambda: workload(command=("",)), "command/0: must name a program"),
    (lambda: workload(command=("-true",)), "command/0: must not start with -"),
    (lambda: workload(name="haproxy"), "name: 'haproxy' is porter's own"),
    (lambda: workload(command=("run", 8)), "command/1: must be a string, got 8"),
    (lambda: workload(command=("run", "a\0b")), "command/1: must not contain a NUL"),
    (lambda: workload(environment={"A-B": "1"}), "environment/A-B: is not a name"),
    (lambda: workload(environment={"PORT": "1"}), "environment/PORT: is set by porter"),
    (lambda: workload(environment={"AWS_REGION": "x"}), "environment/AWS_REGION: is set by porter"),
    (lambda: Check(command=()), "command: must be a non-empty list"),
    (lambda: Check(command=("a",), interval_seconds=0.5), "interval_seconds: must be 1-300 sec"),
    (lambda: Check(command=("a",), timeout_seconds=301), "timeout_seconds: must be 1-300 seconds"),
    (lambda: Check(command=("a",), healthy_threshold=0), "healthy_threshold: must be 1-10, got 0"),
    (
        lambda: workload(check=Check(command=("-a",))),
        "check/command/0: must not start with -, which systemd reserves",
    ),
    (
        lambda: host(workloads=(workload(check=Check(command=("a",))),)),
        "workloads/0/check: is for workers",
    ),
    (lambda: host(service_role=3), "service_role: must be a string, got 3"),
    (lambda: host(environment_name=None), "environment_name: must be a string, got None"),
    (lambda: workload(environment={"WORKERS": 2}), "environment/WORKERS: must be a string, got 2"),
    (lambda: workload(name="Web"), "name: must be lower-case letters"),
    (lambda: workload(name="w" * 41), "name: must be lower-case letters"),
    (lambda: workload(name="web-"), "name: must be lower-case letters"),
    (lambda: setup(name="haproxy"), "name: 'haproxy' is porter's own"),
    (lambda: setup(name="Agent"), "name: must be lower-case letters"),
    (lambda: setup(command="./install.sh"), "command: must be a non-empty list"),
    (lambda: setup(command=("./install.sh", 8)), "command/1: must be a string, got 8"),
    (lambda: setup(environment={"PORT": "1"}), "environment/PORT: is set by porter"),
    (lambda: setup(timeout_seconds=0), "timeout_seconds: must be 1-3600, got 0"),
    (lambda: setup(timeout_seconds=3601), "timeout_seconds: must be 1-3600, got 3601"),
    (lambda: setup(timeout_seconds=1.5), "timeout_seconds: must be a whole number, got 1.5"),
    (lambda: HealthCheck("health"), "path: must start with /"),
    (lambda: HealthCheck(8), "path: must be a non-empty string, got 8"),
    (lambda: HealthCheck("/a b"), "path: must start with / and hold no space"),
    (lambda: HealthCheck("/a\r\nHost: x"), "path: must not contain control characters"),
    (lambda: HealthCheck(timeout_seconds=0), "timeout_seconds: must be 0.1-120 seconds, got 0"),
    (lambda: HealthCheck(interval_seconds="1"), "interval_seconds: must be a number of seconds"),
    (lambda: HealthCheck(healthy_threshold=0), "healthy_threshold: must be 1-10, got 0"),
    (lambda: HealthCheck(start_seconds=0), "start_seconds: must be 1-43200 seconds, got 0"),
    (lambda: HealthCheck(host="a b"), "host: must be a host's name such as example.com, got 'a b'"),
    (lambda: HealthCheck(host=None), "host: must be a host's name such as example.com, got None"),
    (lambda: HealthCheck(codes="299-200"), "codes: must be like 200, 200,202 or 200-299"),
    (lambda: HealthCheck(codes="2xx"), "codes: must be like 200, 200,202 or 200-299"),
    (lambda: HealthCheck(codes="500"), "codes: must be like 200, 200,202 or 200-299, from 200"),
    (lambda: HealthCheck(codes=200), "codes: must be like 200, 200,202 or 200-299"),
    (lambda: Http(deny_sources=("10.0.0.300",)), "deny_sources/0: '10.0.0.300' does not appear"),
    (lambda: Http(deny_sources=("10.0.0.1/8",)), "deny_sources/0: 10.0.0.1/8 has host bits set"),
    (lambda: Http(deny_paths="/admin"), "deny_paths: must be a list, got '/admin'"),
    (lambda: Http(deny_paths=("/",)), "deny_paths/0: must be a plain path, got '/'"),
    (lambda: Http(deny_paths=("/a/../b",)), "deny_paths/0: must be a plain path"),
    (lambda: Http(deny_paths=("/%61",)), "deny_paths/0: must be a plain path"),
    (lambda: Http(compression=("text/*",)), "compression/0: must be a media type"),
    (lambda: Http(capture_request_headers=("A B",)), "capture_request_headers/0: must be a header"),
    (
        lambda: Http(capture_response_headers=("Set-Cookie",)),
        "capture_response_headers/0: Set-Cookie holds secrets",
    ),
    (lambda: Http(max_body_bytes=-1), "max_body_bytes: must be 0-"),
    (lambda: Http(http2="no"), "http2: must be true or false, got 'no'"),
    (lambda: Http(timeouts=75), "timeouts: must be Timeouts"),
    (lambda: Timeouts(server=0), "server: must be 1-86400 seconds, got 0"),
    (
        lambda: host(proxy=Proxy(workload="web", http=Http(deny_paths=("/health",)))),
        "proxy/http/deny_paths: deny the health check's own path",
    ),
    (
        lambda: Proxy(workload="web", redirect_port=80),
        "redirect_port: redirects to HTTPS, and there is no certificate",
    ),
    (lambda: host(security_updates=1), "security_updates: must be true or false, got 1"),
    (
        lambda: host(python="3.10"),
        "python: must be one of 3.11, 3.12, 3.13, 3.14, got '3.10'",
    ),
    (lambda: host(schema=2), "schema: is version 2, this porter speaks version 1"),
    (lambda: host(timeout_seconds=43_201), "timeout_seconds: must be 1-43200, got 43201"),
    (
        lambda: host(jobs=(Job(name="report", command=("./report",), schedule="daily"),)),
        "lease_table: is needed with jobs",
    ),
    (lambda: host(health_check=None), "health_check: is needed with proxy"),
    (lambda: host(proxy=None), "proxy: is needed with health_check"),
    (lambda: host(workloads=()), "proxy/workload: there is no workload 'web'"),
    (
        lambda: host(workloads=(workload(port=None),)),
        "workloads/0/port: is needed behind the proxy",
    ),
    (
        lambda: host(workloads=(workload(), workload(name="mail", port=8001))),
        "workloads/1/port: is for the one behind the proxy",
    ),
    (
        lambda: host(proxy=Proxy(workload="web", port=8000)),
        "workloads/0/port: 8000 is already proxy/port",
    ),
    (lambda: host(porterd=Porterd(port=80)), "proxy/port: 80 is already porterd/port"),
    (
        lambda: host(workloads=(workload(), workload(port=8001))),
        "workloads/1/name: 'web' is taken by another workload",
    ),
    (
        lambda: host(setup=(setup(), setup())),
        "setup/1/name: 'agent' is taken by another setup step",
    ),
    (lambda: DeployTime(index=-1), "index: must be 0-999, got -1"),
    (lambda: deployment(region=""), "region: must be a non-empty string"),
    (lambda: deployment(values=("naïve",)), "values/0: must be Base64 of UTF-8 text"),
    (
        lambda: AssetLocation(bucket="b", key="k", sha256="AB" * 32),
        "sha256: must be 64 lower-case hexadecimal digits",
    ),
]


@pytest.mark.parametrize(("make", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_nonsense_is_refused_with_its_place(make: Callable[[], object], message: str) -> None:
    """Each impossible value is refused where it is created; the message starts with its path."""
    with pytest.raises(SpecError) as refusal:
        make()
    assert str(refusal.value).startswith(message)


def test_the_edges_are_accepted() -> None:
    """The first and last valid values pass."""
    assert workload(port=1).port == 1
    assert workload(port=65535, name="w" * 40).name == "w" * 40
    assert setup(timeout_seconds=3600).timeout_seconds == 3600
    assert host(workloads=(), health_check=None, proxy=None).workloads == ()
    assert host(lease_table="leases").jobs == ()


def test_a_spec_cannot_be_changed() -> None:
    """The types are frozen: a phase cannot edit what another one reads."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        host().service = "other"  # type: ignore[misc]
