"""What porterd and its process `porter.aws.entering` say to each other, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from porter.aws.targets import HEALTHY, TargetHealth

Result = Literal["CONTINUE", "ABANDON"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Complete the launching hook with `result`, if there is one; then watch the targets."""

    result: Result | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How far it is: the hook is `completed`, and how the target groups see this host.

    `problem` says why AWS gives no answer.
    """

    completed: bool = False
    targets: Sequence[TargetHealth] = ()
    problem: str = ""

    @property
    def healthy(self) -> bool:
        """Whether every target group calls this host healthy."""
        return bool(self.targets) and all(one.state == HEALTHY for one in self.targets)

    @property
    def unhealthy(self) -> bool:
        """Whether a target group has seen as many failures as it needs."""
        return any(one.state == "unhealthy" for one in self.targets)

    def __str__(self) -> str:
        """Say what keeps the host out of service."""
        seen = [str(one) for one in self.targets if one.state != HEALTHY]
        return self.problem or "; ".join(seen)


def parse(line: bytes) -> Answer:
    """Return the answer in a line. Raises `ValueError`, `TypeError` or `KeyError`."""
    fields = json.loads(line)
    targets = [TargetHealth(*map(str, one)) for one in fields.pop("targets")]
    return Answer(targets=targets, **fields)
