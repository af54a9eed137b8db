"""The group of a rehearsal that stays up, as Auto Scaling shows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porter.aws.clients import Clients
from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.fleet import group_note


@dataclass(frozen=True)
class Group:
    """The only group of the rehearsal; `aws` is its account's root."""

    aws: Clients
    name: str

    @classmethod
    def below(cls, temporary: Path) -> Group:
        """Return the group of the rehearsal in the TMPDIR `temporary`."""
        note = group_note.read(min(temporary.glob("porter-rehearsal-*/host*/group.json")).parent)
        environment = Environment(account=note.account, region=note.region)
        return cls(account.clients(environment, note.endpoint), note.name)

    def instances(self) -> dict[str, tuple[str, str]]:
        """Return state and health of each instance."""
        found = self.aws["autoscaling"].describe_auto_scaling_groups(
            AutoScalingGroupNames=[self.name]
        )
        return {
            one["InstanceId"]: (one["LifecycleState"], one["HealthStatus"])
            for one in found["AutoScalingGroups"][0]["Instances"]
        }

    def in_service(self) -> list[str]:
        """Return the instances that are in service."""
        return [one for one, (state, _) in self.instances().items() if state == "InService"]

    def activities(self) -> list[Any]:
        """Return what the group did, the first activity first."""
        told = self.aws["autoscaling"].describe_scaling_activities(AutoScalingGroupName=self.name)
        return list(reversed(told["Activities"]))
