"""The health check of a worker: a command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from porter import spec
from porter.spec import SpecError
from porter_cdk.tokens import DeployTimeValues


@dataclass(frozen=True, slots=True)
class Check:
    """A command that exits 0 when its worker is healthy.

    The command runs with the worker's folder, user and environment, or inside the container.

    command: an argument list without a shell. It may contain CDK tokens.
    interval_seconds: the pause between two runs. Default: 5.
    timeout_seconds: the time after which a run is killed and counts as a failure. Default: 5.
    healthy_threshold: the number of consecutive successes that make a worker healthy. Default: 1.

    Raises `SpecError`, which names the field, for values that no host accepts.
    """

    command: Sequence[str]
    interval_seconds: float = field(default=5.0, kw_only=True)
    timeout_seconds: float = field(default=5.0, kw_only=True)
    healthy_threshold: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        self.check(DeployTimeValues())

    def check(self, values: DeployTimeValues, below: str = "") -> spec.Check:
        """Return the host's form of this check; add its CDK tokens to `values`."""
        return spec.Check(
            command=values.arguments(self.command, below),
            interval_seconds=self.interval_seconds,
            timeout_seconds=self.timeout_seconds,
            healthy_threshold=self.healthy_threshold,
        )


def specified_check(
    check: Check | Sequence[str] | None, values: DeployTimeValues, below: str
) -> spec.Check | None:
    """Return the host's form of `check`, which may be a command alone.

    `below` is the path of the worker, with a slash. Raises `SpecError`, which names the field.
    """
    if check is None:
        return None
    try:
        check = check if isinstance(check, Check) else Check(check)
    except SpecError as error:
        raise error.below("check") from None
    return check.check(values, f"{below}check/")
