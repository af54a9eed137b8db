"""Deployments of a ready assembly: as many new hosts start as served before."""

import shutil
from pathlib import Path

import pytest

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment, read_assembly
from porter.rehearsal.cloud.emulator import Emulator

from .conftest import ACCOUNT, GREW, REGION, Run, scale
from .deployed import deploy, only_group

SPOT = """instances_distribution=cdk.aws_autoscaling.InstancesDistribution(
    on_demand_percentage_above_base_capacity=0
)"""
HOME = Environment(account=ACCOUNT, region=REGION)


@pytest.fixture
def aws(emulator: Emulator, app: Path) -> Clients:
    account.bootstrap(read_assembly(app / "cdk.out", HOME), emulator.endpoint)
    return account.clients(HOME, emulator.endpoint)


@pytest.fixture
def own(app: Path, tmp_path: Path) -> Path:
    """A copy of the app, to change."""
    return shutil.copytree(app, tmp_path / "hello")


@pytest.mark.argument("PorterHost(max_capacity=...)", "the group grows beyond its minimum")
def test_a_release_starts_as_many_hosts_as_ran_before(
    run: Run, own: Path, aws: Clients, cloud: dict[str, str], emulator: Emulator
) -> None:
    """A deployment of the same release changes neither the group nor its size.

    The next release has a mixed instances policy.
    """
    deploy(own, aws, cloud, emulator)
    first, size = only_group(aws)
    assert size == 1

    scale(aws, 3)
    assert deploy(own, aws, cloud, emulator).startswith(GREW)
    assert only_group(aws) == (first, 3)

    program = own / "app.py"
    program.write_text(program.read_text().replace("max_capacity=5", f"max_capacity=5, {SPOT}"))
    assert run("build", cwd=own, env={"CDK_VALIDATION": "false"}).returncode == 0
    deploy(own, aws, cloud, emulator)
    second, size = only_group(aws)
    assert second != first
    assert size == 3
    [group] = aws["autoscaling"].describe_auto_scaling_groups()["AutoScalingGroups"]
    assert group["MixedInstancesPolicy"]["LaunchTemplate"]
