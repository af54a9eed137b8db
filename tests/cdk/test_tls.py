"""The effect of `PorterService(tls=...)` on the load balancer, the role and the host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_secretsmanager as secretsmanager

from porter import spec
from porter.spec import Deployment, HostSpec, loads
from porter_cdk import Http, PorterService, Process, Secret, SpecError, Tls

CERTIFICATE = acm.Certificate.from_certificate_arn(
    cdk.Stack(), "Certificate", "arn:aws:acm:eu-west-1:123456789012:certificate/0"
)


def stack_with(source: Path, **props: Any) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    run = Process(["python3", "main.py"], source=source, port=8000)
    secret = secretsmanager.Secret(stack, "Certificate")
    key = Secret.from_secrets_manager("key")
    tls = Tls(certificate=Secret.from_secrets_manager(secret), private_key=key)
    PorterService(stack, "Service", run=run, tls=tls, **props)
    return stack


def test_with_tls_the_load_balancer_connects_to_port_443(source: Path, template_of: Any) -> None:
    resources = template_of(stack_with(source))["Resources"].values()
    (group,) = [one["Properties"] for one in resources if one["Type"].endswith("V2::TargetGroup")]
    assert (group["Port"], group["Protocol"], group["HealthCheckProtocol"]) == (443, *["HTTPS"] * 2)
    (hosts,) = [
        one["Properties"]
        for one in resources
        if one.get("Properties", {}).get("GroupDescription") == "porter hosts"
    ]
    assert [rule["ToPort"] for rule in hosts["SecurityGroupIngress"]] == [443]


def test_the_hosts_role_may_read_exactly_these_secrets(source: Path, template_of: Any) -> None:
    resources = template_of(stack_with(source))["Resources"].values()
    (policy, _) = [one for one in resources if one["Type"] == "AWS::IAM::Policy"]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    reads = [one for one in statements if "secretsmanager:GetSecretValue" in one["Action"]]
    told = json.dumps([one["Resource"] for one in reads])
    assert "Certificate" in told
    assert ":secret:key-??????" in told
    assert len(reads) == 2


def test_the_specification_names_certificate_and_key(
    source: Path, deployed_hosts: Any, unpacked: Any
) -> None:
    http = Http(redirect_to_https=True)
    (host,) = deployed_hosts(stack_with(source, http=http, certificate=CERTIFICATE))
    payload = host.fetch(loads(Deployment, host.deployment_json()).payload)
    proxy = loads(HostSpec, unpacked(payload)["host.json"]).proxy
    assert proxy is not None
    assert proxy.tls is not None
    assert (proxy.port, proxy.redirect_port) == (443, 80)
    assert proxy.tls.private_key == spec.Secret(store="secretsmanager", id="key")


def test_a_certificate_must_be_a_secret() -> None:
    with pytest.raises(SpecError, match="tls/certificate: must be a Secret, got a str"):
        Tls(certificate="-----BEGIN CERTIFICATE-----")  # type: ignore[arg-type]
    secret = Secret.from_secrets_manager("certificate")
    with pytest.raises(SpecError, match=r"tls/min_version: must be '1\.2' or '1\.3', got '1\.1'"):
        Tls(certificate=secret, min_version="1.1")  # type: ignore[arg-type]
