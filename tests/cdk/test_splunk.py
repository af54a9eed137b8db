"""`SplunkForwarder`: its specification, the permissions of the role, and the open ports."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_secretsmanager as secretsmanager

from porter.spec import Deployment, HostSpec, SpecError, loads, resolve
from porter.spec import Package as SpecPackage
from porter.spec import Splunk as SpecSplunk
from porter_cdk import Files, Journal, Package, PorterHost, Secret, SplunkForwarder

SHA256 = "c" * 64
URL = "https://packages.example.com/splunkforwarder-9.4.rpm"


def forwarder(**changes: Any) -> SplunkForwarder:
    given: dict[str, Any] = {
        "package": Package.from_url(URL, sha256=SHA256),
        "accept_license": True,
        "receivers": ["splunk.example.com:9997"],
        "inputs": [Journal()],
    }
    return SplunkForwarder(**{**given, **changes})


def stack_with(splunk: SplunkForwarder) -> cdk.Stack:
    stack = cdk.Stack(cdk.App(), "Hello")
    PorterHost(stack, "Host", splunk=splunk)
    return stack


def spec_of(stack: cdk.Stack, deployed_hosts: Any, unpacked: Any, **refs: str) -> SpecSplunk:
    (host,) = deployed_hosts(stack, **refs)
    deployment = loads(Deployment, host.deployment_json())
    payload = unpacked(host.fetch(deployment.payload))
    splunk = resolve(loads(HostSpec, payload["host.json"]), deployment).splunk
    assert splunk
    return splunk


def test_a_host_decodes_what_the_app_said(deployed_hosts: Any, unpacked: Any) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    receiver = cdk.CfnParameter(stack, "Receiver").value_as_string
    files = Files("/var/log/app.log", group="adm")
    splunk = forwarder(receivers=[f"{receiver}:9997"], inputs=[Journal(), files], tls=False)
    PorterHost(stack, "Host", splunk=splunk)
    assert spec_of(stack, deployed_hosts, unpacked, Receiver="10.0.0.9") == SpecSplunk(
        package=SpecPackage(format="rpm", sha256=SHA256, url=URL),
        accept_license=True,
        receivers=("10.0.0.9:9997",),
        inputs=(Journal(), files),
        tls=False,
    )


def test_an_asset_of_the_app_is_a_package(
    tmp_path: Path, template_of: Any, deployed_hosts: Any, unpacked: Any
) -> None:
    """The release's own policy allows the asset: the group before keeps its own (ADR 0024)."""
    file = tmp_path / "uf.deb"
    file.write_bytes(b"deb")
    digest = hashlib.sha256(b"deb").hexdigest()
    stack = cdk.Stack(cdk.App(), "Hello")
    asset = s3_assets.Asset(stack, "Package", path=str(file))
    package = Package.from_s3(asset.bucket, asset.s3_object_key, sha256=digest)
    PorterHost(stack, "Host", splunk=forwarder(package=package))
    found = spec_of(stack, deployed_hosts, unpacked).package
    assert (found.format, found.key, found.sha256) == ("deb", asset.s3_object_key, digest)
    (policy,) = _resources(template_of(stack), "AWS::IAM::Policy")
    assert policy["PolicyName"].startswith("Assets-")
    (statement, *_) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "s3:GetObject"
    assert statement["Resource"]["Fn::Join"][1][-1] == f"/{asset.s3_object_key}"


def test_a_package_in_a_bucket_with_a_key_can_be_decrypted(template_of: Any) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    arn = "arn:aws:kms:eu-west-1:123456789012:key/1"
    bucket = s3.Bucket.from_bucket_attributes(
        stack,
        "Packages",
        bucket_name="packages",
        encryption_key=kms.Key.from_key_arn(stack, "Key", arn),
    )
    package = Package.from_s3(bucket, "uf.deb", sha256=SHA256)
    PorterHost(stack, "Host", splunk=forwarder(package=package))
    (policy, of_the_release) = _resources(template_of(stack), "AWS::IAM::Policy")
    granted = {str(one["Action"]): one["Resource"] for one in policy["PolicyDocument"]["Statement"]}
    assert granted == {"kms:Decrypt": arn}
    assert of_the_release["PolicyName"].startswith("Assets-")
    read = of_the_release["PolicyDocument"]["Statement"][0]["Resource"]
    assert read["Fn::Join"][1][-1] == ":s3:::packages/uf.deb"


@pytest.mark.argument(
    "Package.from_s3(format=...)", effect="the format, if the key has no suffix .deb or .rpm"
)
@pytest.mark.argument(
    "Package.from_url(format=...)", effect="the format, if the URL has no suffix .deb or .rpm"
)
def test_format_is_required_when_the_name_does_not_end_with_it() -> None:
    with pytest.raises(SpecError, match=r"url: must end with .deb or .rpm") as told:
        Package.from_url("https://example.com/latest", sha256=SHA256)
    assert told.value.cure == 'write format="deb"'
    package = Package.from_url("https://example.com/latest", sha256=SHA256, format="deb")
    assert package.format == "deb"
    bucket = s3.Bucket.from_bucket_name(cdk.Stack(), "Bucket", "packages")
    with pytest.raises(SpecError, match="key: must end with"):
        Package.from_s3(bucket, cdk.Aws.STACK_NAME, sha256=SHA256)
    assert Package.from_s3(bucket, "uf", sha256=SHA256, format="rpm").format == "rpm"


def test_the_hosts_role_may_read_the_password(
    template_of: Any, deployed_hosts: Any, unpacked: Any
) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    password = secretsmanager.Secret(stack, "Password")
    secret = Secret.from_secrets_manager(password)
    PorterHost(stack, "Host", splunk=forwarder(admin_password=secret))
    (policy, _) = _resources(template_of(stack), "AWS::IAM::Policy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert "secretsmanager:GetSecretValue" in statement["Action"]
    assert spec_of(stack, deployed_hosts, unpacked).admin_password


def test_hosts_can_connect_to_receivers_and_deployment_server(template_of: Any) -> None:
    """Each port is opened once; hosts can otherwise reach HTTP, HTTPS, DNS and NTP only."""
    splunk = forwarder(
        receivers=["a.example.com:9997", "b.example.com:9997"],
        deployment_server="c.example.com:8089",
    )
    (group, *_) = _resources(template_of(stack_with(splunk)), "AWS::EC2::SecurityGroup")
    ports = [rule["FromPort"] for rule in group["SecurityGroupEgress"]]
    assert ports.count(9997) == ports.count(8089) == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"accept_license": False}, "accept_license: Splunk's licence has not been accepted"),
        ({"receivers": "a:9997"}, "receivers: must be a list, got 'a:9997'"),
        pytest.param(
            {"receivers": []},
            "receivers: is empty, and there is no deployment_server",
            id="changes2-receivers: or a deployment server is needed",
        ),
        ({"receivers": ["a"]}, "receivers/0: must be HOST:PORT, got 'a'"),
        ({"deployment_server": "https://a"}, "deployment_server: must be HOST:PORT"),
        ({"inputs": []}, "inputs: is needed: there is nothing to send"),
        pytest.param(
            {"inputs": [Journal(), Journal()]},
            "inputs/1: is listed twice",
            id="changes6-inputs/1: is there twice",
        ),
        pytest.param(
            {"inputs": ["/var/log/x"]},
            "inputs/0: must be a log source, got '/var/log/x'",
            id="changes7-inputs/0: is no source of logs",
        ),
        ({"index": "a\nb"}, "index: must not contain control characters"),
        ({"ca_file": "ca.pem"}, "ca_file: must be an absolute path"),
        pytest.param(
            {"ca_file": "/ca.pem", "tls": False},
            "ca_file: has no effect without tls",
            id="changes10-ca_file: is for tls",
        ),
    ],
)
def test_nonsense_is_refused_with_its_place(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        forwarder(**changes)


def test_a_receiver_whose_port_is_a_token_is_refused() -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    parameter = cdk.CfnParameter(stack, "Receiver").value_as_string
    with pytest.raises(SpecError, match="splunk/receivers: must end with a port"):
        PorterHost(stack, "Host", splunk=forwarder(receivers=[parameter]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Files("var/log/x"), "path: must be an absolute path"),
        (lambda: Files("/var/log/x]\ny"), "path: must be an absolute path"),
        (lambda: Files("/var/log/x", group="a b"), "group: is not the name of a group"),
        (lambda: Journal("a.service"), "units: must be a list of units"),
        (lambda: Journal(["web"]), "units/0: is not the name of a systemd unit: 'web'"),
    ],
)
def test_impossible_log_sources_are_refused(make: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        make()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sha256": "abc"}, "package/sha256|sha256: must be 64"),
        ({"url": "http://example.com/uf.deb"}, "url: must begin with https://"),
    ],
)
def test_impossible_packages_are_refused(changes: dict[str, str], message: str) -> None:
    given = {"url": URL, "sha256": SHA256} | changes
    with pytest.raises(SpecError, match=message):
        forwarder(package=Package.from_url(given["url"], sha256=given["sha256"]))


def _resources(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    every = template["Resources"].values()
    return [resource["Properties"] for resource in every if resource["Type"] == kind]
