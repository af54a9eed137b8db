"""Containers as a user writes them, and their template and payload."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk.assertions import Match, Template

from porter.packing.payload import write
from porter.spec import SCHEMA, DeployTime, HealthCheck, HostSpec, Proxy, SpecError
from porter_cdk import Container, PorterHost
from porter_cdk.tokens import DeployTimeValues

DIGEST = f"sha256:{'d' * 64}"
CONFIG = b'{"os": "linux"}'


def tarball(file: Path, *configs: str) -> Path:
    """Return an image file as `docker save` writes it, with one image for each of `configs`."""
    with tarfile.open(file, "w") as archive:
        manifest = json.dumps([{"Config": name, "Layers": []} for name in configs]).encode()
        for name, content in {**dict.fromkeys(configs, CONFIG), "manifest.json": manifest}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


def test_a_tarball_travels_in_the_payload_and_is_known_by_its_id(tmp_path: Path) -> None:
    container = Container.from_tarball(tarball(tmp_path / "any.tar", "blobs/sha256/x"))
    workload = container.workload("web", DeployTimeValues())
    assert workload.image.reference == f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"
    spec = HostSpec(
        schema=SCHEMA,
        service="hello",
        timeout_seconds=900,
        workloads=(workload,),
        health_check=HealthCheck(),
        proxy=Proxy(workload="web"),
    )
    write(tmp_path / "p.tar.xz", spec, {"workloads/web": container})
    with tarfile.open(tmp_path / "p.tar.xz") as packed:
        assert packed.getnames() == ["host.json", "workloads/web", "workloads/web/image.tar"]


@pytest.mark.parametrize("configs", [(), ("a", "b")])
def test_a_tarball_holds_one_image(tmp_path: Path, configs: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match="does not contain exactly one image") as error:
        Container.from_tarball(tarball(tmp_path / "i.tar", *configs))
    assert "docker save" in error.value.cure


def test_a_file_that_is_not_a_tarball_is_refused(tmp_path: Path) -> None:
    (tmp_path / "i.tar").write_text("no")
    with pytest.raises(SpecError, match="does not contain exactly one image"):
        Container.from_tarball(tmp_path / "i.tar")
    with pytest.raises(SpecError, match="No such file"):
        Container.from_tarball(tmp_path / "nowhere.tar")


def test_a_tag_needs_allow_tag() -> None:
    with pytest.raises(SpecError, match="has no digest") as error:
        Container.from_registry("docker.io/library/nginx:1.27")
    assert "allow_tag=True" in error.value.cure
    Container.from_registry(f"docker.io/library/nginx@{DIGEST}")
    Container.from_registry("docker.io/library/nginx:1.27", allow_tag=True)


def test_hosts_may_pull_an_image_of_ecr() -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    repository = ecr.Repository(stack, "Images")
    worker = Container.from_ecr(repository, digest=DIGEST)
    values = DeployTimeValues()
    assert isinstance(worker.workload("worker", values).image.reference, DeployTime)
    PorterHost(stack, "Host", workers={"worker": worker})
    Template.from_stack(stack).has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": [
                                    "ecr:BatchCheckLayerAvailability",
                                    "ecr:GetDownloadUrlForLayer",
                                    "ecr:BatchGetImage",
                                ],
                                "Resource": {"Fn::GetAtt": [Match.any_value(), "Arn"]},
                            }
                        )
                    ]
                )
            }
        },
    )
    with pytest.raises(SpecError, match="must be sha256:"):
        Container.from_ecr(repository, digest="latest")


def test_a_dockerfile_becomes_an_image_asset(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="has no Dockerfile"):
        Container.from_asset(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    app = cdk.App()
    stack = cdk.Stack(app, "Hello")
    PorterHost(stack, "Host", workers={"worker": Container.from_asset(tmp_path)})
    arm = ec2.InstanceType("t4g.small")
    workers = {"worker": Container.from_asset(tmp_path)}
    PorterHost(stack, "Arm", workers=workers, instance_type=arm)
    assets = json.loads(Path(app.synth().directory, "Hello.assets.json").read_text())
    images = [image["source"] for image in assets["dockerImages"].values()]
    assert all(image["directory"].startswith("asset.") for image in images)
    # Built for the hosts' processor, even on a machine with another one.
    assert {image["platform"] for image in images} == {"linux/amd64", "linux/arm64"}
    template = json.dumps(Template.from_stack(stack).to_json())
    assert "container-assets" in template
    assert "ecr:GetAuthorizationToken" in template


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"command": "httpd -f"}, "command: must be a list of arguments"),
        ({"port": 0}, "container_port: must be 1-65535"),
        ({"environment": {"PORT": "1"}}, "environment/PORT: is set by porter"),
        ({"memory_mb": "64"}, "memory_mb: must be a whole number"),
    ],
)
def test_nonsense_is_refused_with_its_place(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Container.from_registry(f"nginx@{DIGEST}", **options)  # type: ignore[arg-type]
