"""The way in which a release replaces the hosts of the release before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self


@dataclass(frozen=True, slots=True)
class Rollout:
    """The way in which CloudFormation replaces hosts: `Rollout.replacing()`."""

    kind: Literal["replacing"]

    @classmethod
    def replacing(cls) -> Self:
        """Start a second Auto Scaling group, and delete the old one when the new one is healthy.

        If the release fails, CloudFormation deletes the new group, and the old hosts never stop
        serving. During a release twice the hosts run. The template has no update policy, because
        the new group has another logical id (ADR 0024).
        """
        return cls("replacing")
