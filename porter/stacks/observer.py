"""Ask AWS about deployed stacks with the permissions that a CDK deployment has."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

from porter.aws.clients import ERRORS, Clients
from porter.errors import PorterError
from porter.stacks.scaling_groups import Home

Answer = TypeVar("Answer")


class Observer:
    """Asks AWS about the stacks of one account and region.

    Like the cdk CLI, it assumes the lookup role of the CDK's bootstrap (`ReadOnlyAccess`). If that
    fails, it uses the credentials of `profile`, provided they belong to the stack's account.
    """

    def __init__(self, home: Home, profile: str | None) -> None:
        self._home = home
        # Another program reads the terminal: cdk.
        self._own = Clients(region=home.region, profile=profile, may_ask=False)

    def ask(self, question: Callable[[Clients], Answer]) -> Answer:
        """Return the answer to `question`. Raises one of `ERRORS`, as `question` does.

        Raises `PorterError` if the only credentials left belong to another account.
        """
        if self._as_lookup_role:
            try:
                return question(self._as_lookup_role)
            except ERRORS as error:
                if not denied(error):
                    raise
        if self._home.account not in (None, self._account):
            raise PorterError(
                f"these credentials belong to account {self._account}, not {self._home.account}, "
                "and cannot assume its lookup role"
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
        """The caller's ARN: `arn`, partition, service, region, account, name."""
        arn: str = self._own["sts"].get_caller_identity()["Arn"]
        return arn.split(":", 5)


class Observers:
    """The observer of each home, kept with the role that it has assumed."""

    def __init__(self, profile: str | None) -> None:
        self._profile = profile
        self._known: dict[Home, Observer] = {}

    def ask(self, home: Home, question: Callable[[Clients], Answer]) -> Answer:
        """Ask in `home`, as `Observer.ask` does."""
        if home not in self._known:
            self._known[home] = Observer(home, self._profile)
        return self._known[home].ask(question)

    def forget(self, home: Home) -> None:
        """Begin anew in `home`: credentials may have expired."""
        self._known.pop(home, None)


def problem_of(error: Exception, *actions: str) -> str:
    """Return why AWS did not answer, and what to allow if one of `actions` is denied."""
    code = error_code(error)
    if not code:
        return str(error)
    cure = (
        "; let these credentials assume the bootstrap's lookup role, or allow them "
        f"{', '.join(actions[:-1])} and {actions[-1]}"
    )
    return f"AWS answered {code}" + (cure if denied(error) else "")


def error_code(error: Exception) -> str:
    """Return AWS's code for `error`; empty if AWS did not answer."""
    response = getattr(error, "response", None) or {}  # None, if the connection broke
    code: str = response.get("Error", {}).get("Code", "")
    return code


def denied(error: Exception) -> bool:
    """Return whether `error` is a missing permission."""
    return error_code(error).startswith(("AccessDenied", "Unauthorized"))
