"""`porter deploy` refuses a deployment that takes all hosts from their load balancer."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator

from .conftest import ACCOUNT, REGION, Deploy, Ready, Run, arguments

TLS = "tls=Tls(certificate=Secret.from_secrets_manager('certificate')), health_check="
GROUP = "AWS::ElasticLoadBalancingV2::TargetGroup"
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"


def target_group_in(template: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    [(name, group)] = [
        (name, resource)
        for name, resource in template["Resources"].items()
        if resource["Type"] == GROUP
    ]
    return name, group


@pytest.fixture(scope="module", autouse=True)
def serving(emulator: Emulator, app: Path) -> str:
    """Deploy the app's target group and its VPC; return the target group's logical id."""
    template = json.loads((app / "cdk.out" / "Hello.template.json").read_text())
    kept = {
        name: resource
        for name, resource in template["Resources"].items()
        if resource["Type"] in {GROUP, BALANCER, "AWS::EC2::VPC"}
    }
    aws = account.clients(Environment(account=ACCOUNT, region=REGION), emulator.endpoint)
    aws["cloudformation"].create_stack(
        StackName="Hello", TemplateBody=json.dumps({"Resources": kept})
    )
    aws["cloudformation"].get_waiter("stack_create_complete").wait(
        StackName="Hello", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100}
    )
    return target_group_in(template)[0]


def test_tls_switched_on_is_refused_before_cdk_begins(
    run: Run, app: Path, cloud: dict[str, str], fake_node: Path, serving: str
) -> None:
    with_tls = fake_node.parent / "with-tls"
    shutil.copytree(app, with_tls)
    program = with_tls / "app.py"
    text = program.read_text().replace("health_check=", TLS)
    program.write_text(text.replace("import HealthCheck", "import Secret, Tls, HealthCheck"))
    node = fake_node.parent / "node"
    node.rename(node.with_name("aside"))
    assert run("build", cwd=with_tls, env={"CDK_VALIDATION": "false"}).returncode == 0
    node.with_name("aside").rename(node)
    done = run("deploy", "--app", "cdk.out", cwd=with_tls, env=cloud)
    assert done.returncode == 1
    assert "an outage: a new Port and Protocol (tls= is switched on or off)" in done.stderr
    assert f"where: Hello/{serving}" in done.stderr
    assert "--allow-outage" in done.stderr
    assert not fake_node.exists()


def switched(template: dict[str, Any]) -> None:
    target_group_in(template)[1]["Properties"].update({"Port": 443, "Protocol": "HTTPS"})


def test_allow_outage_deploys_it_and_stays_with_porter(
    run: Run, ready: Ready, cloud: dict[str, str], fake_node: Path
) -> None:
    ready_made = ("deploy", "--app", "cdk.out")
    folder = ready(template=switched)
    assert run(*ready_made, cwd=folder, env=cloud).returncode == 1
    assert run(*ready_made, "--allow-outage", cwd=folder, env=cloud).returncode == 7
    assert "--allow-outage" not in arguments(fake_node)


def test_a_load_balancer_that_becomes_internal_is_refused_as_aws_would(
    run: Run, ready: Ready, cloud: dict[str, str], fake_node: Path
) -> None:
    def internal(template: dict[str, Any]) -> None:
        for resource in template["Resources"].values():
            if resource["Type"] == BALANCER:
                resource["Properties"]["Scheme"] = "internal"

    done = run("deploy", "--app", "cdk.out", cwd=ready(template=internal), env=cloud)
    assert done.returncode == 1
    assert "AWS refuses this update: a new Scheme replaces the load balancer" in done.stderr
    assert "deploy a second PorterService" in done.stderr
    assert not fake_node.exists()


def test_other_changes_of_the_target_group_are_no_outage(deploy: Deploy, ready: Ready) -> None:
    def checked_elsewhere(template: dict[str, Any]) -> None:
        target_group_in(template)[1]["Properties"]["HealthCheckPath"] = "/up"

    assert deploy(cwd=ready(template=checked_elsewhere))[1] == ""


def test_a_target_group_without_hosts_is_the_users_own_affair(deploy: Deploy, ready: Ready) -> None:
    def without_hosts(template: dict[str, Any]) -> None:
        switched(template)
        for resource in template["Resources"].values():
            resource.get("Properties", {}).pop("TargetGroupARNs", None)

    assert deploy(cwd=ready(template=without_hosts))[1] == ""


def test_a_stack_that_was_never_deployed_has_no_outage(deploy: Deploy, ready: Ready) -> None:
    folder = ready(template=switched)
    assert deploy(cwd=folder, AWS_REGION="eu-west-2")[1] == ""
