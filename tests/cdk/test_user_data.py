"""User data is a valid cloud-config, private, and small with any values from CloudFormation."""

import base64
import json
import re
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsonschema
import pytest
from aws_cdk import aws_sqs as sqs

from porter.spec import SCHEMA, AssetLocation, Deployment
from porter_cdk import PorterHost, PorterService, Process, user_data
from porter_cdk.user_data import LIMIT, longest

FIXED_LIMIT = 2101


@pytest.fixture(scope="module")
def config(hello: cdk.Stack, deployed_hosts: Any) -> dict[str, Any]:
    (host,) = deployed_hosts(hello)
    assert host.user_data.startswith("#cloud-config\n{")
    return dict(host.config)


def test_it_is_one_private_file_and_one_command(config: dict[str, Any]) -> None:
    assert config.keys() == {"packages", "write_files", "runcmd"}
    assert config["packages"] == ["python3.11"]
    (file,) = config["write_files"]
    assert (file["path"], file["permissions"]) == ("/etc/porter/deployment.json", "0600")
    (command,) = config["runcmd"]
    assert command[:2] == ["python3", "-c"]


@pytest.mark.argument("PorterHost(python=...)", "cloud-init installs the package of that Python")
@pytest.mark.parametrize(
    ("given", "installed"),
    [
        ({"python": "3.13"}, ["python3.13"]),
        ({"python": "3.13", "packages": ["git"]}, ["python3.13", "git"]),
        ({"python": "3.13", "packages": ["git", "python3.13"]}, ["python3.13", "git"]),
        ({"packages": ["git"]}, ["git"]),
    ],
)
def test_the_chosen_python_is_installed(
    given: Any, installed: list[str], stack: cdk.Stack, deployed_hosts: Any
) -> None:
    PorterHost(stack, "Host", **given)
    (host,) = deployed_hosts(stack)
    assert host.config["packages"] == installed


def test_no_argument_holds_the_handle(config: dict[str, Any]) -> None:
    assert "waitcondition" in config["write_files"][0]["content"]
    assert "waitcondition" not in json.dumps(config["runcmd"])


def test_the_command_is_the_bootstrap(config: dict[str, Any]) -> None:
    ((_, _, program),) = config["runcmd"]
    packed = re.search(r"b85decode\('(.*)'\)", program)
    assert packed
    source = zlib.decompress(base64.b85decode(packed[1])).decode()
    compile(source, "bootstrap", "exec")
    assert "deployment.json" in source
    assert '"""' not in source


def test_the_fixed_part_stays_small() -> None:
    """The fixed part is the user data before the values of a deployment."""
    digest = "0" * 64
    empty = AssetLocation(bucket="b", key="k", sha256=digest)
    deployment = Deployment(
        schema=SCHEMA,
        region="r",
        stack_id="s",
        handle_url="u",
        bundle=empty,
        payload=empty,
        domain="d",
    )
    rendered = user_data.render(deployment, [], ["python3.11"])
    assert len(rendered) - 2 * len(digest) < FIXED_LIMIT


def test_a_typical_service_uses_a_third_of_what_ec2_allows(template: dict[str, Any]) -> None:
    (data,) = [
        resource["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::EC2::LaunchTemplate"
    ]
    assert 2000 < longest(data, {}) < LIMIT / 3


def test_user_data_that_may_not_fit_is_refused_with_a_breakdown(
    source: Path, template_of: Any
) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    queue = sqs.CfnQueue(stack, "Queue")
    environment = {"SMALL": queue.ref, "BIG": queue.ref + "x" * 11_000}
    run = Process(["./main"], source=source, port=8000, environment=environment)
    PorterService(stack, "Service", run=run)
    with pytest.raises(RuntimeError) as error:
        template_of(stack)
    message = str(error.value)
    assert re.search(r"user data: may reach 1\d,\d{3} bytes, EC2 allows 16,384", message)
    assert re.search(
        r"bootstrap \d,\d{3}, .*environment/BIG 15,\d{3}, environment/SMALL 344", message
    )


@pytest.mark.parametrize(
    ("expression", "length"),
    [
        ("ü", 2),
        ({"Ref": "Handle"}, 650),
        ({"Ref": "AWS::AccountId"}, 12),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, 256),
        ({"Fn::Base64": "abcd"}, 8),
        ({"Fn::Join": [",", ["a", {"Ref": "Handle"}, "b"]]}, 654),
        ({"Fn::Sub": "x-${AWS::AccountId}-${AWS::Region}"}, 31),
    ],
)
def test_lengths_are_the_longest_possible(expression: Any, length: int) -> None:
    assert longest(expression, {"Handle": 650}) == length


@pytest.fixture(scope="module")
def cloud_config_schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """cloud-init's own schema, from its package on this machine's mirror."""
    folder = tmp_path_factory.mktemp("cloud-init")
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        pytest.skip("needs apt-get and dpkg to get cloud-init's own schema")
    got = subprocess.run(
        ["apt-get", "-q", "download", "cloud-init"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if got.returncode:
        pytest.skip(f"cloud-init cannot be downloaded here: {got.stderr.strip()[-200:]}")
    (package,) = folder.glob("*.deb")
    subprocess.run(["dpkg", "-x", package, folder / "root"], check=True, timeout=60)
    (schema,) = folder.glob("root/usr/lib/python3/dist-packages/**/schema-cloud-config-v1.json")
    return dict(json.loads(schema.read_text()))


def test_cloud_inits_own_schema_accepts_it(
    config: dict[str, Any], cloud_config_schema: dict[str, Any]
) -> None:
    validator = jsonschema.Draft4Validator(cloud_config_schema)
    assert list(validator.iter_errors(config)) == []
    known = json.dumps(cloud_config_schema)
    assert all(f'"{key}"' in known for key in config)


def test_cloud_inits_own_schema_can_refuse(cloud_config_schema: dict[str, Any]) -> None:
    validator = jsonschema.Draft4Validator(cloud_config_schema)
    assert list(validator.iter_errors({"runcmd": "not a list"}))
