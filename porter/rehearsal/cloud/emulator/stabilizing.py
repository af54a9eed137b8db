"""Let a new group be in progress until its instances are `InService`, as CloudFormation does.

Its words: "Group did not stabilize" (the reason of such a CREATE_FAILED), and "Resource creation
Initiated". ministack makes one resource after the other, and CloudFormation all at once that do not
wait for each other. So a group is begun, other resources are made meanwhile, wait conditions last,
and the group is waited for before what depends on it, and at the end.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from porter.rehearsal.cloud.emulator.lifecycle import LAUNCHING, Key, Lifecycles
from porter.rehearsal.cloud.emulator.replacing import KIND
from porter.spec import LAUNCH_HOOK

STABILIZE_SECONDS = 3600.0
"""How long CloudFormation waits for the instances of a group."""

_CONDITION = "AWS::CloudFormation::WaitCondition"
_TICK = 0.05

Resources = Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class _Begun:
    """A group that is begun: its key, when, and the event that says it is complete."""

    key: Key
    at: float
    complete: tuple[Any, ...] = ()


@dataclass(slots=True)
class _Plan:
    """One operation of a stack: its resources in order, and its groups; those begun by name.

    `held` has, for each resource, the groups that it depends on.
    """

    order: list[str]
    groups: set[str]
    held: dict[str, set[str]]
    begun: dict[str, _Begun] = field(default_factory=dict)


_PLAN: ContextVar[_Plan | None] = ContextVar("stabilizing", default=None)


def play_stabilization(modules: Mapping[str, ModuleType], folder: Path) -> None:
    """Hold groups that have porter's launching hook; `folder` is the one that the fleet shares.

    Instances of other groups are records, and are not waited for.
    """
    _Stabilization(modules, Lifecycles(folder)).install()


class _Stabilization:
    def __init__(self, modules: Mapping[str, ModuleType], lifecycles: Lifecycles) -> None:
        self._work, self._engine = modules["stack_work"], modules["engine"]
        self._stacks, self._requests = modules["stacks"], modules["requests"]
        self._groups, self._resources = modules["auto_scaling"], modules["provisioners"]
        self._lifecycles = lifecycles
        self._sort = self._work._topological_sort  # noqa: SLF001 - no public name
        self._event = self._work._add_event  # noqa: SLF001
        self._threaded = self._work._runs_on_worker_thread  # noqa: SLF001

    def install(self) -> None:
        """Patch ministack's engine."""
        changes: dict[str, Callable[..., Any]] = {
            "_topological_sort": self._sorted,
            "_add_event": self._told,
            "_runs_on_worker_thread": self._in_a_thread,
            "_provision_resource": self._making("_provision_resource", name=1, stack=3),
            "_update_resource": self._making("_update_resource", name=5, stack=4),
        }
        for name, change in changes.items():
            setattr(self._work, name, change)
        # Nested stacks are made by the module of resources, which looks these names up itself.
        setattr(self._engine, "_topological_sort", self._sorted)  # noqa: B010 - private
        setattr(self._resources, "_provision_resource", changes["_provision_resource"])  # noqa: B010

    def _sorted(self, resources: Resources, conditions: Mapping[str, bool]) -> list[str]:
        """Sort so that nothing waits for what CloudFormation would make at the same time."""
        order = self._sort(resources, conditions)
        extract: Callable[..., set[str]] = self._engine._extract_deps  # noqa: SLF001
        needs = {one: extract(resources[one], set(order)) - {one} for one in order}
        groups = {one for one in order if _is_held(resources[one])}
        held: dict[str, set[str]] = {}
        behind: dict[str, set[str]] = {}
        for one in order:
            behind[one] = needs[one].union(*(behind[other] for other in needs[one]))
            held[one] = behind[one] & groups
        if not groups:
            _PLAN.set(None)
            return list(order)
        handles = _handles(resources)
        for one in order:  # hosts signal their condition: it is waited for once they have begun
            if resources[one].get("Type") == _CONDITION:
                own = {g for g in groups if behind[g] & needs[one] & handles}
                needs[one] |= {g for g in own if one not in behind[g]}
        found = _in_order(order, needs, resources, held)
        _PLAN.set(_Plan(found, groups, held))
        return found

    def _in_a_thread(self, kind: str) -> bool:
        plan = _PLAN.get()
        return bool(plan and plan.begun) or self._threaded(kind)

    def _making(self, function: str, *, name: int, stack: int) -> Callable[..., Any]:
        """Return `function` with waits; `name` and `stack` are the places of its arguments."""
        original = getattr(self._work, function)

        @functools.wraps(original)
        def make(*arguments: Any) -> Any:  # noqa: ANN401 - ministack's own
            plan = _PLAN.get()
            logical_id, stack_name = arguments[name], arguments[stack]
            if plan is not None:
                for group in plan.held.get(logical_id, ()):
                    self._wait(plan, stack_name, group)
            made = original(*arguments)
            _PLAN.set(plan)  # a nested stack has a plan of its own
            if plan is None or logical_id not in plan.held:
                return made
            if logical_id in plan.groups and function == "_provision_resource":
                place = self._requests.get_account_id(), self._requests.get_region()
                plan.begun[logical_id] = _Begun((*place, made[0]), time.monotonic())
            if logical_id == plan.order[-1]:
                for group in list(plan.begun):
                    self._wait(plan, stack_name, group)
            return made

        return make

    def _wait(self, plan: _Plan, stack_name: str, logical_id: str) -> None:
        """Wait until a group that is begun has its instances in service."""
        begun = plan.begun.get(logical_id)
        if begun is None:
            return
        stack = self._stacks._stacks[stack_name]  # noqa: SLF001
        while (there := self._lifecycles.in_service(begun.key)) < (wanted := self._wanted(begun)):
            if stack.get("_cancel_requested"):
                raise RuntimeError("Resource creation cancelled")
            if time.monotonic() - begun.at > STABILIZE_SECONDS:
                raise TimeoutError(
                    "Group did not stabilize. {current/minimum/desired} group size = "
                    f"{{{there}/{wanted}/{wanted}}}."
                )
            time.sleep(_TICK)
        del plan.begun[logical_id]
        if begun.complete:
            record = stack["_resources"][logical_id]
            record["ResourceStatus"] = begun.complete[4]
            self._event(*begun.complete)

    def _wanted(self, begun: _Begun) -> int:
        group = self._groups._asgs.get(begun.key[2])  # noqa: SLF001
        return int(group["DesiredCapacity"]) if group else 0

    def _told(self, *event: Any, **more: Any) -> None:  # noqa: ANN401 - ministack's own
        """Say that a group is begun, where ministack would say that it is complete."""
        plan, status = _PLAN.get(), event[4]
        begun = plan.begun.get(event[2]) if plan and event[3] == KIND else None
        if begun is None or not status.endswith("_COMPLETE") or status.startswith("DELETE"):
            self._event(*event, **more)
            return
        physical_id = more.get("physical_id", "")
        begun.complete = (*event[:5], "", physical_id)
        in_progress = f"{status.removesuffix('COMPLETE')}IN_PROGRESS"
        record = self._stacks._stacks[event[1]]["_resources"][event[2]]  # noqa: SLF001
        record["ResourceStatus"] = in_progress
        self._event(*event[:4], in_progress, "Resource creation Initiated", physical_id)


def _is_held(resource: Mapping[str, Any]) -> bool:
    if resource.get("Type") != KIND:
        return False
    hooks = resource.get("Properties", {}).get("LifecycleHookSpecificationList", ())
    return any(
        isinstance(hook, dict)
        and hook.get("LifecycleHookName") == LAUNCH_HOOK
        and hook.get("LifecycleTransition") == LAUNCHING
        for hook in (hooks if isinstance(hooks, list) else ())
    )


def _handles(resources: Resources) -> set[str]:
    kind = f"{_CONDITION}Handle"
    return {name for name, one in resources.items() if one.get("Type") == kind}


def _in_order(
    order: list[str],
    needs: Mapping[str, set[str]],
    resources: Resources,
    held: Mapping[str, set[str]],
) -> list[str]:
    """Sort `order` by `needs`: first what waits for nothing, then conditions, then the rest.

    What depends on a group that is begun waits for its instances; then the group is complete.
    """
    place = {one: number for number, one in enumerate(order)}
    left, found, stable = set(order), [], set[str]()

    def rank(one: str) -> tuple[int, int]:
        if held[one] - stable:
            return 2, place[one]
        return int(resources[one].get("Type") == _CONDITION), place[one]

    while left:
        _, first = min(rank(one) for one in left if not needs[one] & left)
        one = order[first]
        stable |= held[one]
        left.remove(one)
        found.append(one)
    return found
