"""Trust policies as IAM reads them: within an account, being named in one is permission."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def trust_named_roles(policies: ModuleType, sts: ModuleType, iam: ModuleType) -> None:
    """Let AssumeRole evaluate a role's trust policy as a resource-based policy.

    So a role that the trust policy names needs no policy that allows the call. A role that is named
    by its account alone needs one (IAM User Guide, "Policy evaluation logic"). STS itself still
    checks that the trust policy admits the caller.
    """

    def trust_policy(arn: str) -> tuple[Mapping[str, Any], str] | None:
        account, name = arn.split(":")[4], arn.rpartition("/")[2]
        role = iam._roles.get_scoped(account, None, name)  # noqa: SLF001
        if role is None:
            return None
        trust = json.loads(role["AssumeRolePolicyDocument"])
        # A trust policy has no Resource element: it applies to its own role.
        statements = [{**one, "Resource": "*"} for one in trust["Statement"]]
        return {**trust, "Statement": statements}, account

    setattr(sts, "trust_policy_for_arn", trust_policy)  # noqa: B010 - it is looked up by its name
    policies._RESOURCE_POLICY_LOOKUPS["sts"] = ("sts", "trust_policy_for_arn")  # noqa: SLF001
