"""The effect of `PorterService(http=...)` on the load balancer, and the refused values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm

from porter.spec import Deployment, HostSpec, loads
from porter_cdk import HealthCheck, Http, PorterService, Process, SpecError, Timeouts

CERTIFICATE = acm.Certificate.from_certificate_arn(
    cdk.Stack(), "Certificate", "arn:aws:acm:eu-west-1:123456789012:certificate/0"
)


def service(source: Path, **props: Any) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    run = Process(["python3", "main.py"], source=source, port=8000)
    PorterService(stack, "Service", run=run, **props)
    return stack


def test_http_reaches_the_host_unchanged(source: Path, deployed_hosts: Any, unpacked: Any) -> None:
    http = Http(
        deny_sources=["203.0.113.0/24"],
        deny_paths=["/admin"],
        timeouts=Timeouts(server=120),
        max_body_bytes=10,
        http2=False,
    )
    (host,) = deployed_hosts(service(source, http=http))
    payload = host.fetch(loads(Deployment, host.deployment_json()).payload)
    spec = loads(HostSpec, unpacked(payload)["host.json"])
    assert spec.proxy is not None
    assert spec.proxy.http == http
    assert spec.proxy.http.deny_paths == ("/admin",)


def test_a_redirect_to_https_needs_a_certificate(source: Path) -> None:
    with pytest.raises(SpecError, match="http/redirect_to_https: needs a load balancer with HTTPS"):
        service(source, http=Http(redirect_to_https=True))


def test_haproxy_may_not_close_an_idle_connection_before_the_load_balancer(source: Path) -> None:
    with pytest.raises(SpecError, match="http/timeouts/keep_alive: must be above"):
        service(source, http=Http(timeouts=Timeouts(keep_alive=60)))


def test_the_health_checks_own_path_cannot_be_denied(source: Path) -> None:
    with pytest.raises(SpecError, match="proxy/http/deny_paths: deny the health check's own path"):
        service(source, http=Http(deny_paths=("/up",)), health_check=HealthCheck("/up/now?a=1"))


def test_security_updates_false_reaches_the_host(
    source: Path, deployed_hosts: Any, unpacked: Any
) -> None:
    (host,) = deployed_hosts(service(source, security_updates=False))
    payload = host.fetch(loads(Deployment, host.deployment_json()).payload)
    assert not loads(HostSpec, unpacked(payload)["host.json"]).security_updates
