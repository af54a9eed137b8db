"""`porter deploy` reads deployed stacks with the lookup role, as the cdk CLI does."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from porter.aws.clients import Clients

from .conftest import ACCOUNT, GREW, REGION, Deploy, Ready, giving


def a_user_who_may(aws: Clients, name: str, *actions: str) -> dict[str, str]:
    """Return the environment of a new user with only the permissions `actions`."""
    aws["iam"].create_user(UserName=name)
    allow(aws["iam"].put_user_policy, actions, UserName=name)
    key = aws["iam"].create_access_key(UserName=name)["AccessKey"]
    secret = key["SecretAccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": secret}


def allow(put: Callable[..., object], actions: Sequence[str], **whom: str) -> None:
    statement = {"Effect": "Allow", "Action": [*actions], "Resource": "*"}
    put(PolicyName="it", PolicyDocument=json.dumps({"Statement": [statement]}), **whom)


@pytest.fixture
def lookup_role(deployed: Clients) -> Iterator[str]:
    """The bootstrap's lookup role, with the permissions of `ReadOnlyAccess` that matter here."""
    name = f"cdk-hnb659fds-lookup-role-{ACCOUNT}-{REGION}"
    whom = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": whom}
    iam = deployed["iam"]
    document = json.dumps({"Statement": [trust]})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    reading = ["cloudformation:List*", "cloudformation:Get*", "autoscaling:Describe*"]
    allow(iam.put_role_policy, reading, RoleName=name)
    yield name
    iam.delete_role_policy(RoleName=name, PolicyName="it")
    iam.delete_role(RoleName=name)


@pytest.mark.usefixtures("lookup_role")
def test_credentials_that_may_only_assume_cdk_roles_use_the_lookup_role(
    deploy: Deploy, deployed: Clients
) -> None:
    user = a_user_who_may(deployed, "deployer", "sts:AssumeRole")
    assert deploy(**user) == (giving("3"), GREW)


def test_without_permission_the_lookup_role_is_replaced_by_own_credentials(
    deploy: Deploy, deployed: Clients, lookup_role: str
) -> None:
    allow(deployed["iam"].put_role_policy, ["s3:Get*"], RoleName=lookup_role)
    assert deploy() == (giving("3"), GREW)


def test_missing_permissions_are_named_once(deploy: Deploy, deployed: Clients) -> None:
    told, said = deploy(**a_user_who_may(deployed, "nobody", "s3:Get*"))
    assert told == giving("0")
    assert said == (
        "new groups start with min_capacity, no outage is refused: AWS answered AccessDenied; "
        "let these credentials assume the bootstrap's lookup role, or allow them "
        "cloudformation:ListStackResources and autoscaling:DescribeAutoScalingGroups\n"
        "failed launches are not shown: Hello: AWS answered AccessDenied; let these credentials "
        "assume the bootstrap's lookup role, or allow them cloudformation:ListStackResources "
        "and autoscaling:DescribeScalingActivities\n"
    )


def test_a_user_who_may_not_see_activities_deploys_without_them(
    deploy: Deploy, deployed: Clients
) -> None:
    may = ("cloudformation:Get*", "cloudformation:List*", "autoscaling:DescribeAutoScalingGroups")
    told, said = deploy(**a_user_who_may(deployed, "counter", *may))
    assert told == giving("3")
    assert said.startswith(GREW + "failed launches are not shown: Hello: AWS answered AccessDenied")
    assert said.count("\n") == 2


def test_an_mfa_code_is_asked_for_by_cdk_alone(deploy: Deploy, tmp_path: Path) -> None:
    """Asked by porter as well, the user would not know whose question they answer."""
    config = tmp_path / "config"
    config.write_text(
        f"[profile mfa]\nrole_arn = arn:aws:iam::{ACCOUNT}:role/admin\nsource_profile = own\n"
        f"mfa_serial = arn:aws:iam::{ACCOUNT}:mfa/me\n"
        "[profile own]\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    told, said = deploy(AWS_CONFIG_FILE=str(config), AWS_ACCESS_KEY_ID="", AWS_PROFILE="mfa")
    assert told == giving("0")
    assert said == (
        "failed launches are not shown: Hello: Cannot refresh credentials: MFA token required.\n"
    )


def test_without_permission_to_compare_templates_the_size_is_carried_over_all_the_same(
    deploy: Deploy, deployed: Clients
) -> None:
    may = ("cloudformation:List*", "autoscaling:Describe*")
    told, said = deploy(**a_user_who_may(deployed, "lister", *may))
    assert told == giving("3")
    refused = "no outage is refused: AWS answered AccessDenied; allow cloudformation:GetTemplate\n"
    assert said == refused + GREW


@pytest.mark.usefixtures("deployed")
def test_a_stack_of_the_same_name_in_another_account_is_ignored(
    deploy: Deploy, ready: Ready
) -> None:
    def elsewhere(manifest: dict[str, Any]) -> None:
        manifest["artifacts"]["Hello"]["environment"] = f"aws://210987654321/{REGION}"

    told, said = deploy(cwd=ready(manifest=elsewhere))
    assert told == giving("0")
    assert "these credentials belong to account 123456789012, not 210987654321" in said
