"""Resources that exist in name only: types that ministack lacks, and records without a service."""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from porter.rehearsal.cloud.emulator import shapes
from porter.rehearsal.cloud.emulator.asked import SERVERLESS, leave_serverless, stand_ins
from porter.rehearsal.cloud.emulator.resource_types import ResourceType, resource_type

INERT = "inert.jsonl"
"""The file with the inert resources, in the embedded AWS's folder: an object in each line."""

NAME_ONLY = "exists in name only"

RECORDS: Mapping[str, str] = {
    "AWS::AutoScaling::LifecycleHook": "no hook but porter's own runs",
    "AWS::AutoScaling::ScalingPolicy": "nothing scales a group",
    "AWS::AutoScaling::ScheduledAction": "nothing scales a group",
    "AWS::Backup::": "nothing is backed up",
    "AWS::CloudFront::": "no request passes through it",
    "AWS::CloudWatch::Alarm": "no metric is measured",
    "AWS::CodeBuild::": "nothing is built",
    "AWS::DocDB::": "no database runs",
    "AWS::EC2::VPCEndpoint": "hosts reach the embedded AWS directly",
    "AWS::ECS::": "no task runs",
    "AWS::EFS::": "nothing can be mounted",
    "AWS::EKS::": "no cluster runs",
    "AWS::ElastiCache::": "no cache runs",
    "AWS::OpenSearchService::": "no cluster runs",
    "AWS::RDS::": "no database runs",
    "AWS::Route53::": "no name server answers",
    "AWS::SES::": "no mail is sent",
    "AWS::WAFv2::": "no request is filtered",
}
"""Types that ministack keeps as records with nothing behind them; `::` at the end means all."""

Created = tuple[str, dict[str, Any]]
Handler = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inert:
    """A resource that a rehearsal does not exercise, and `why`."""

    stack: str
    logical_id: str
    type: str
    why: str


class Notes:
    """The inert resources of this embedded AWS; each goes into the file `path` once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: set[Inert] = set()

    def add(self, stack: str, logical_id: str, type_name: str, why: str) -> None:
        """Record a resource of a stack; what no stack made exists outside the app."""
        noted = Inert(stack=stack, logical_id=logical_id, type=type_name, why=why)
        if stack and noted not in self._known:
            self._known.add(noted)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(noted)) + "\n")


def read_inert(path: Path) -> list[Inert]:
    """Return what an embedded AWS noted in `path`."""
    if not path.exists():
        return []
    return [Inert(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def know_every_type(modules: Mapping[str, ModuleType], notes: Notes) -> None:
    """Let stacks have resources of every type that CloudFormation has."""
    provisioners = modules["provisioners"]
    leave_serverless(modules["engine"])
    handlers = _Handlers(provisioners._RESOURCE_HANDLERS, modules, notes)  # noqa: SLF001
    for module in (provisioners, modules["change_sets"]):
        setattr(module, "_RESOURCE_HANDLERS", handlers)  # noqa: B010 - private, and so untyped


def why_record(type_name: str) -> str | None:
    """Return what a record of this type lacks; `None` if the type is played or emulated."""
    service = type_name.rpartition("::")[0] + "::"
    return RECORDS.get(type_name) or RECORDS.get(service)


class _Handlers(dict[str, MutableMapping[str, Any]]):
    """ministack's handlers by type, and those of inert types, made when they are asked for."""

    def __init__(
        self,
        known: Mapping[str, MutableMapping[str, Any]],
        modules: Mapping[str, ModuleType],
        notes: Notes,
    ) -> None:
        super().__init__(known)
        self._modules = modules
        self._notes = notes
        for type_name, handler in known.items():
            if why := why_record(type_name):
                self[type_name] = {**handler, "create": self._noted(type_name, handler, why)}

    def __contains__(self, type_name: object) -> bool:
        return super().__contains__(type_name) or self._learn(type_name)

    def __getitem__(self, type_name: str) -> Any:  # noqa: ANN401 - ministack's own
        if type_name not in self:
            raise KeyError(type_name)
        return super().__getitem__(type_name)

    def get(self, type_name: str, default: Any = None) -> Any:  # noqa: ANN401
        return self[type_name] if type_name in self else default  # noqa: SIM401 - this is `get`

    def _learn(self, type_name: object) -> bool:
        if not isinstance(type_name, str) or not type_name.startswith("AWS::"):
            return False
        kind = resource_type(type_name)
        if kind:
            self[type_name] = self._inert(kind)
        return kind is not None

    def _noted(self, type_name: str, handler: Handler, why: str) -> Callable[..., Created]:
        original = handler["create"]

        @functools.wraps(original)
        def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> Created:
            created: Created = original(logical_id, properties, stack)
            self._notes.add(stack, logical_id, type_name, why)
            return created

        return create

    def _inert(self, kind: ResourceType) -> dict[str, Any]:
        made: dict[str, dict[str, Any]] = {}

        def check(logical_id: str, properties: Mapping[str, Any]) -> None:
            if missing := kind.missing(properties):
                # The words of CloudFormation (aws-cloudformation/iac-model-evaluation#29).
                words = "\n".join(missing)
                raise ValueError(
                    f"Properties validation failed for resource {logical_id} with message:\n{words}"
                )

        def create(logical_id: str, properties: Mapping[str, Any], stack: str) -> Created:
            check(logical_id, properties)
            self._notes.add(stack, logical_id, kind.name, NAME_ONLY)
            name = f"{stack}-{logical_id}-{secrets.token_hex(6)}"
            requests = self._modules["requests"]
            account, region = requests.get_account_id(), requests.get_region()
            attributes = shapes.values(kind, properties, name, account, region)
            if kind.name.startswith(SERVERLESS):
                attributes |= stand_ins(self._modules, stack, logical_id, properties)
            physical_id = shapes.physical_id(kind, attributes, properties, name)
            made[physical_id] = attributes
            return physical_id, attributes

        def update(
            physical_id: str,
            old: Mapping[str, Any],
            new: Mapping[str, Any],
            stack: str,
            logical_id: str,
        ) -> Created:
            if any(old.get(name) != new.get(name) for name in kind.replacing):
                return create(logical_id, new, stack)
            check(logical_id, new)
            return physical_id, made[physical_id]

        def delete(_physical_id: str, _properties: Mapping[str, Any]) -> None:
            return None

        return {
            "create": create,
            "update": update,
            "update_with_logical_id": True,
            "delete": delete,
        }
