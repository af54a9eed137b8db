"""Look at what is deployed with the credentials that a cdk deployment would look with."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from porter.aws.clients import ERRORS, Clients
from porter.build.groups import Home
from porter.errors import PorterError


class Observer:
    """One who asks AWS about the stacks of one home.

    Like the cdk CLI it assumes the lookup role of the bootstrap, which may read nearly everything
    (`ReadOnlyAccess`); where that fails it goes on with the credentials of `profile`, if these are
    of the stack's account.
    """

    def __init__(self, home: Home, profile: str | None) -> None:
        self._home = home
        self._own = Clients(region=home.region, profile=profile)

    def ask(self, question: Callable[[Clients], int]) -> int:
        """What `question` finds out. Raises one of `ERRORS`, as `question` does.

        `PorterError` if only credentials of another account are left to ask with.
        """
        if self._as_lookup_role:
            try:
                return question(self._as_lookup_role)
            except ERRORS as error:
                if not denied(error):
                    raise
        if self._home.account not in (None, self._account):
            raise PorterError(
                f"these credentials are of account {self._account}, not {self._home.account}, "
                "and may not assume its lookup role"
            )
        return question(self._own)

    @cached_property
    def _as_lookup_role(self) -> Clients | None:
        role = self._home.lookup_role
        if not role:
            return None
        options = dict(role.get("assumeRoleAdditionalOptions", {}))
        if "assumeRoleExternalId" in role:
            options["ExternalId"] = role["assumeRoleExternalId"]
        try:
            return self._own.in_role(self._filled(role["arn"]), **options)
        except ERRORS:
            return None

    def _filled(self, text: str) -> str:
        return (
            text.replace("${AWS::Partition}", self._identity[1])
            .replace("${AWS::AccountId}", self._home.account or self._account)
            .replace("${AWS::Region}", self._own.region)
        )

    @property
    def _account(self) -> str:
        return self._identity[4]

    @cached_property
    def _identity(self) -> list[str]:
        """Our own ARN in its parts: `arn`, partition, service, region, account, name."""
        arn: str = self._own["sts"].get_caller_identity()["Arn"]
        return arn.split(":", 5)


def error_code(error: Exception) -> str:
    """What AWS calls its refusal; empty where there was no answer."""
    code: str = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    return code


def denied(error: Exception) -> bool:
    """Whether `error` says that somebody lacks a permission."""
    return error_code(error).startswith(("AccessDenied", "Unauthorized"))
