"""Play lifecycle hooks and the deletion of groups, which ministack knows as records only."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from porter.rehearsal.cloud.emulator.lifecycle import Lifecycles
from porter.rehearsal.cloud.emulator.replacing import KIND

DELETE_SECONDS = 3600.0
"""How long CloudFormation waits until the instances of a group that it deletes are gone."""

_LIST = "LifecycleHookSpecificationList"
_TICK = 0.05

Properties = Mapping[str, Any]
Answer = tuple[int, dict[str, str], bytes]


def play_hooks(modules: Mapping[str, ModuleType], folder: Path) -> None:
    """Make a group's own hooks, answer for lifecycle actions, and delete a group with its hosts.

    `folder` is the one that the fleet shares.
    """
    lifecycles = Lifecycles(folder)
    auto_scaling, provisioners = modules["auto_scaling"], modules["provisioners"]
    handler = provisioners._RESOURCE_HANDLERS[KIND]  # noqa: SLF001 - no public name
    for operation, place in (("create", 1), ("update", 2)):
        handler[operation] = _with_hooks(auto_scaling, handler[operation], place)
    handler["delete"] = _deleting(modules, lifecycles, handler["delete"])
    _wait_in_a_thread(modules["stack_work"])
    actions = auto_scaling._ACTION_MAP  # noqa: SLF001
    actions["RecordLifecycleActionHeartbeat"] = _heartbeat(modules, lifecycles)
    actions["CompleteLifecycleAction"] = _completion(modules, lifecycles)
    for action in ("DescribeAutoScalingGroups", "DescribeAutoScalingInstances"):
        actions[action] = _showing(modules, lifecycles, actions[action])


def _with_hooks(
    auto_scaling: ModuleType, handle: Callable[..., Any], place: int
) -> Callable[..., Any]:
    """Keep the hooks of `LifecycleHookSpecificationList`; `place` is that of the properties.

    CloudFormation Template Reference, "AWS::AutoScaling::AutoScalingGroup": no interruption.
    """

    @functools.wraps(handle)
    def handled(*arguments: Any) -> Any:  # noqa: ANN401 - ministack's own
        made = handle(*arguments)
        name, hooks = made[0], auto_scaling._hooks  # noqa: SLF001
        old = arguments[1].get(_LIST, ()) if place > 1 else ()
        for spec in old:
            hooks.pop(f"{name}/{spec['LifecycleHookName']}", None)
        for spec in arguments[place].get(_LIST, ()):
            hook = spec["LifecycleHookName"]
            hooks[f"{name}/{hook}"] = auto_scaling._hook_record(name, hook, spec)  # noqa: SLF001
        return made

    return handled


def _showing(
    modules: Mapping[str, ModuleType],
    lifecycles: Lifecycles,
    describe: Callable[[Mapping[str, Any]], Answer],
) -> Callable[[Mapping[str, Any]], Answer]:
    """Show the instances of the fleet in their states; ministack invents some.

    Amazon EC2 Auto Scaling API Reference, "Instance".
    """
    requests, auto_scaling = modules["requests"], modules["auto_scaling"]

    @functools.wraps(describe)
    def described(parameters: Mapping[str, Any]) -> Answer:
        for name, group in list(auto_scaling._asgs.items()):  # noqa: SLF001
            key = requests.get_account_id(), requests.get_region(), name
            if lifecycles.plays(key):
                group["Instances"] = [
                    {
                        "InstanceId": instance,
                        "LifecycleState": state,
                        "HealthStatus": lifecycles.instance(key, instance).health(),
                        "AvailabilityZone": zone,
                        "ProtectedFromScaleIn": False,
                        "LaunchTemplate": group.get("LaunchTemplate") or {},
                    }
                    for instance, (state, zone) in lifecycles.states(key).items()
                ]
        return describe(parameters)

    return described


def _deleting(
    modules: Mapping[str, ModuleType], lifecycles: Lifecycles, delete: Callable[..., None]
) -> Callable[..., None]:
    """Set the group's size to 0, and delete it once its instances are gone.

    Amazon EC2 Auto Scaling User Guide, "Delete your Auto Scaling infrastructure". Hooks apply.
    """
    requests, auto_scaling = modules["requests"], modules["auto_scaling"]

    @functools.wraps(delete)
    def deleted(name: str, properties: Properties) -> None:
        group = auto_scaling._asgs.get(name)  # noqa: SLF001
        key = requests.get_account_id(), requests.get_region(), name
        if group:
            group.update(MinSize=0, MaxSize=0, DesiredCapacity=0, Status="Delete in progress")
        ends = time.monotonic() + DELETE_SECONDS
        while lifecycles.instances(key):
            if time.monotonic() > ends:
                raise TimeoutError(f"Group {name} did not stabilize. Its instances are still there")
            time.sleep(_TICK)
        delete(name, properties)

    return deleted


def _wait_in_a_thread(stacks: ModuleType) -> None:
    """Let the deletion of a group wait in a thread, as ministack does for custom resources."""
    known: Callable[[str], bool] = stacks._runs_on_worker_thread  # noqa: SLF001
    setattr(stacks, "_runs_on_worker_thread", lambda kind: kind == KIND or known(kind))  # noqa: B010


def _heartbeat(
    modules: Mapping[str, ModuleType], lifecycles: Lifecycles
) -> Callable[[Mapping[str, Any]], Answer]:
    def record(parameters: Mapping[str, Any]) -> Answer:
        lifecycle, instance = _instance(modules, lifecycles, parameters)
        if not lifecycle.beat(_hook(parameters)):
            return _inactive(modules, instance)
        return _done(modules, "RecordLifecycleActionHeartbeat")

    return record


def _completion(
    modules: Mapping[str, ModuleType], lifecycles: Lifecycles
) -> Callable[[Mapping[str, Any]], Answer]:
    def complete(parameters: Mapping[str, Any]) -> Answer:
        result = str(parameters.get("LifecycleActionResult", ""))
        if result not in ("CONTINUE", "ABANDON"):
            return _refused(modules, "Value of LifecycleActionResult must be CONTINUE or ABANDON")
        lifecycle, instance = _instance(modules, lifecycles, parameters)
        if not lifecycle.complete(_hook(parameters), result):
            return _inactive(modules, instance)
        return _done(modules, "CompleteLifecycleAction")

    return complete


def _instance(
    modules: Mapping[str, ModuleType], lifecycles: Lifecycles, parameters: Mapping[str, Any]
) -> tuple[Any, str]:
    requests = modules["requests"]
    group = str(parameters.get("AutoScalingGroupName", "")).rpartition("/")[2]
    instance = str(parameters.get("InstanceId", ""))
    key = requests.get_account_id(), requests.get_region(), group
    return lifecycles.instance(key, instance), instance


def _hook(parameters: Mapping[str, Any]) -> str:
    return str(parameters.get("LifecycleHookName", "")).rpartition("/")[2]


def _inactive(modules: Mapping[str, ModuleType], instance: str) -> Answer:
    """Return AWS's answer as its clients quote it (AWS node termination handler)."""
    return _refused(modules, f"No active Lifecycle Action found with instance ID {instance}")


def _refused(modules: Mapping[str, ModuleType], text: str) -> Answer:
    answer: Answer = modules["auto_scaling"]._error("ValidationError", text)  # noqa: SLF001
    return answer


def _done(modules: Mapping[str, ModuleType], action: str) -> Answer:
    answer: Answer = modules["auto_scaling"]._xml(  # noqa: SLF001
        200, f"{action}Response", f"<{action}Result/>"
    )
    return answer
