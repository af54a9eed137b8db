"""What a user says of how a worker's health is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from porter import spec
from porter.spec import SpecError
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True)
class Check:
    """A worker is healthy when `command` exits 0: in its folder, as its user, with its environment.

    A container's runs inside it.

    `command` is an argument list, never a shell line, and may hold CDK tokens. It runs
    `interval_seconds` after it last ended, and is killed after `timeout_seconds`;
    `healthy_threshold` consecutive successes are enough.

    Raises `SpecError`, naming the field, for what no host could run.
    """

    command: Sequence[str]
    interval_seconds: float = field(default=5.0, kw_only=True)
    timeout_seconds: float = field(default=5.0, kw_only=True)
    healthy_threshold: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        self.check(DeployTimeValues())

    def check(self, values: DeployTimeValues, below: str = "") -> spec.Check:
        """This check as the host will know it; its tokens are added to `values`."""
        return spec.Check(
            command=values.arguments(self.command, below),
            interval_seconds=self.interval_seconds,
            timeout_seconds=self.timeout_seconds,
            healthy_threshold=self.healthy_threshold,
        )


def specified_check(
    check: Check | Sequence[str] | None, values: DeployTimeValues, below: str
) -> spec.Check | None:
    """The worker's `check` as the host will know it; a command alone stands for a `Check` of it.

    `below` begins the names of its worker's fields. Raises `SpecError`, naming the field.
    """
    if check is None:
        return None
    try:
        check = check if isinstance(check, Check) else Check(check)
    except SpecError as error:
        raise error.below("check") from None
    return check.check(values, f"{below}check/")
