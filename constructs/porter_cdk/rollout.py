"""The way in which a release replaces the hosts of the release before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from aws_cdk import aws_autoscaling as autoscaling


@dataclass(frozen=True, slots=True)
class Rollout:
    """The way in which CloudFormation replaces hosts: `Rollout.replacing()`."""

    kind: Literal["replacing"]

    @classmethod
    def replacing(cls) -> Self:
        """Start a second Auto Scaling group, and delete the old one when the new one is healthy.

        If the release fails, CloudFormation deletes the new group, and the old hosts never stop
        serving. During a release twice the hosts run (CloudFormation Template Reference,
        "AutoScalingReplacingUpdate policy").
        """
        return cls("replacing")

    def update_policy(self) -> autoscaling.UpdatePolicy:
        """Return the CDK's update policy for this rollout."""
        return autoscaling.UpdatePolicy.replacing_update()
