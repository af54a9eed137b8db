"""Play `SetInstanceHealth`, which ministack does not know: the fleet acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from porter.rehearsal.cloud.emulator.lifecycle import HEALTHY, UNHEALTHY, Lifecycles

Answer = tuple[int, dict[str, str], bytes]


def play_health(modules: Mapping[str, ModuleType], folder: Path) -> None:
    """Let `SetInstanceHealth` set the health of the fleet's instances, and refuse what AWS refuses.

    `folder` is the one that the fleet shares. Auto Scaling API Reference, "SetInstanceHealth". The
    words of the answers, all of them ValidationError:

    - another health status: fog-aws, whose fake has AWS's words
    - an unknown instance: those of TerminateInstanceInAutoScalingGroup (Netflix, AWS node
      termination handler)
    - an instance that terminates: the User Guide ("Health checks for Auto Scaling instances", until
      2023) knows an error and not its words; these are those of DetachInstances (ecs_deploy#47)
    - a grace period that is respected, which is the default: aws-cli#171. An instance that is not
      `InService` yet has the age 0 here; AWS does not say.
    """
    auto_scaling = modules["auto_scaling"]
    asked = _Asked(auto_scaling, modules["requests"], Lifecycles(folder))
    auto_scaling._ACTION_MAP["SetInstanceHealth"] = asked.set_health  # noqa: SLF001


class _Asked:
    def __init__(
        self, auto_scaling: ModuleType, requests: ModuleType, lifecycles: Lifecycles
    ) -> None:
        self._auto_scaling, self._requests = auto_scaling, requests
        self._lifecycles = lifecycles

    def set_health(self, parameters: Mapping[str, Any]) -> Answer:
        """Answer a request."""
        if refused := self._refused(parameters):
            error: Answer = self._auto_scaling._error("ValidationError", refused)  # noqa: SLF001
            return error
        done: Answer = self._auto_scaling._xml(200, "SetInstanceHealthResponse", "")  # noqa: SLF001
        return done

    def _refused(self, parameters: Mapping[str, Any]) -> str:
        """Set the health, or return why not."""
        health, instance = (str(parameters.get(one, "")) for one in ("HealthStatus", "InstanceId"))
        if health not in (HEALTHY, UNHEALTHY):
            return f"Valid instance health states are: [{HEALTHY}, {UNHEALTHY}]."
        unknown = f"Instance Id not found - No managed instance found for instance ID: {instance}"
        home = self._requests.get_account_id(), self._requests.get_region()
        key = self._lifecycles.group_of(*home, instance)
        group = self._auto_scaling._asgs.get(key[2]) if key else None  # noqa: SLF001
        if key is None or group is None:
            return unknown
        life = self._lifecycles.instance(key, instance)
        if life.state()[0].startswith("Terminating"):
            return f"The instance {instance} is not in InService or Standby."
        respects = parameters.get("ShouldRespectGracePeriod", "true") != "false"
        age, grace = life.age(), int(group["HealthCheckGracePeriod"])
        if health == UNHEALTHY and respects and age < grace:
            return (
                f"The age of the instance ({age:.0f} seconds) is less than the configured grace "
                f"period of {grace} seconds"
            )
        return "" if life.set_health(health) else unknown
