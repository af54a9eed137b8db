"""How a release takes over from the one before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from aws_cdk import aws_autoscaling as autoscaling


@dataclass(frozen=True, slots=True)
class Rollout:
    """What CloudFormation does with the hosts when what they run has changed.

    Make one by its name, `Rollout.replacing()`; `kind` tells which it is.
    """

    kind: Literal["replacing"]

    @classmethod
    def replacing(cls) -> Self:
        """A second group takes over as a whole, and the old one goes once the new is healthy.

        A release that fails is rolled back while the old hosts still serve. Meanwhile there are
        twice the hosts (CloudFormation Template Reference, "AutoScalingReplacingUpdate policy").
        """
        return cls("replacing")

    def update_policy(self) -> autoscaling.UpdatePolicy:
        """The same in the CDK's words."""
        return autoscaling.UpdatePolicy.replacing_update()
