"""Trust policies as IAM reads them: within an account, to be named in one is permission enough."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def trust_named_roles(policies: ModuleType, sts: ModuleType, iam: ModuleType) -> None:
    """Let AssumeRole take a role's trust policy for the resource-based policy that it is.

    So a role that it names needs no policy of its own that allows the call, and one that is named
    by its account alone does (IAM User Guide, "Policy evaluation logic"). Whether the trust policy
    lets the caller in is still judged by STS itself.
    """

    def trust_policy(arn: str) -> tuple[Mapping[str, Any], str] | None:
        account, name = arn.split(":")[4], arn.rpartition("/")[2]
        role = iam._roles.get_scoped(account, None, name)  # noqa: SLF001
        if role is None:
            return None
        trust = json.loads(role["AssumeRolePolicyDocument"])
        # Of the one resource there is, such a policy does not speak.
        statements = [{**one, "Resource": "*"} for one in trust["Statement"]]
        return {**trust, "Statement": statements}, account

    setattr(sts, "trust_policy_for_arn", trust_policy)  # noqa: B010 - it is looked up by its name
    policies._RESOURCE_POLICY_LOOKUPS["sts"] = ("sts", "trust_policy_for_arn")  # noqa: SLF001
