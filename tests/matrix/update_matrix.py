"""Write docs/reference/update-matrix.md: `python -m tests.matrix.update_matrix`."""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from porter.spec.synthesis import without_release
from tests.matrix.app import new_app, synthesize
from tests.matrix.changes import TABLE
from tests.matrix.cloudformation import Action, Template, update
from tests.matrix.edits import Change, Edit
from tests.matrix.properties import changes

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "update-matrix.md"
INTRODUCTION = """\
# What a change does

Each row is one change of a deployed app.
*New hosts* means that CloudFormation makes a second Auto Scaling group.
It deletes the first group when the second is healthy, and the deployment waits for that.
Any other deployment changes resources in place, and hosts keep running.
*An outage* means that the listener forwards to an empty target group until new hosts are healthy.
`porter deploy` refuses it if the target group's own properties change.
With `--allow-outage` it deploys.
*AWS refuses it* means that a new load balancer would get the target group of the old one.
A target group belongs to one load balancer, so `porter deploy` refuses the change before AWS does.

The value of a secret is not in the template.
A host takes a rotated value at its next `porter host apply`.
The output of `Secret.from_command` is an exception: a changed output replaces the hosts.

`python -m tests.matrix.update_matrix` generates this page.
It compares synthesized templates by CloudFormation's documented update behavior.
A test fails if the page is out of date.
The page leaves out the new wait handle and condition of every deployment that waits.
"""

GROUP = "AWS::AutoScaling::AutoScalingGroup"
TARGETS = "AWS::ElasticLoadBalancingV2::TargetGroup"
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
CONDITION = "AWS::CloudFormation::WaitCondition"
WAITING = {CONDITION, "AWS::CloudFormation::WaitConditionHandle"}


@dataclass(frozen=True)
class Effect:
    """What CloudFormation does with one change."""

    actions: dict[str, Action]
    """What happens to each resource, by logical id."""
    types: dict[str, str]
    changes: str
    """The properties that differ, for the construct reference."""

    def new(self, kind: str) -> bool:
        """Return whether the change creates a resource of this type."""
        found = {action for name, action in self.actions.items() if self.types[name] == kind}
        return not found.isdisjoint({Action.CREATE, Action.REPLACE})

    def sentence(self) -> str:
        """Describe the change: `replaces AutoScalingGroup; updates LaunchTemplate`."""
        parts = []
        told = {**self.actions, **self._replaced()}
        for action in Action:
            kinds = {self.types[name] for name, found in told.items() if found is action}
            names = sorted(kind.split("::")[-1] for kind in kinds - WAITING)
            if names:
                parts.append(f"{action} {', '.join(names)}")
        return "; ".join((*parts, *self._outage())) or "nothing"

    def _outage(self) -> tuple[str, ...]:
        """Say that of a target group and its load balancer, one is replaced and the other stays."""
        replaced = {self.types[one] for one, act in self.actions.items() if act is Action.REPLACE}
        if BALANCER in replaced and TARGETS not in replaced:
            return ("AWS refuses it",)
        return ("an outage",) if TARGETS in replaced and not self.new(BALANCER) else ()

    def _replaced(self) -> dict[str, Action]:
        """Return what only differs by the release in its id, which is a replacement for readers."""
        pairs = {Action.CREATE: set[str](), Action.DELETE: set[str]()}
        for name, action in self.actions.items():
            if action in pairs and without_release(name) != name:
                pairs[action].add(without_release(name))
        both = set.intersection(*pairs.values())
        return {name: Action.REPLACE for name in self.actions if without_release(name) in both}


ROWS = tuple(row for rows in TABLE.values() for row in rows)


def effects(scratch: Path, rows: Iterable[Change] = ROWS) -> dict[str, Effect]:
    """Return the effect of each row, by name; `scratch` is an empty folder."""
    befores: dict[Edit, Template] = {}
    found = {}
    for number, change in enumerate(rows):
        if change.before not in befores:
            befores[change.before] = _template(scratch / f"{number}-before", change.before)
        new = _template(scratch / str(number), change.before, change.edit)
        found[change.name] = _effect(befores[change.before], new, change)
    return found


def _template(folder: Path, *edits: Edit) -> Template:
    app = new_app(folder)
    for edit in edits:
        edit(app)
    return synthesize(app)


def _effect(old: Template, new: Template, change: Change) -> Effect:
    resources = old["Resources"] | new["Resources"]
    actions = update(old, new, moved=change.moved, rolled_back=change.rolled_back)
    types = {name: value["Type"] for name, value in resources.items()}
    return Effect(actions, types, changes(old, new))


def page(found: dict[str, Effect]) -> str:
    """Return the whole page; `found` has the effect of every row by its name."""
    text = INTRODUCTION
    for title, rows in TABLE.items():
        text += f"\n## {title}\n\n| change of | new hosts | waits | CloudFormation |\n"
        text += "|---|---|---|---|\n"
        for row in rows:
            effect = found[row.name]
            new = ("yes" if effect.new(kind) else "no" for kind in (GROUP, CONDITION))
            text += f"| {row.name} | {' | '.join(new)} | {effect.sentence()} |\n"
    return text


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page(effects(Path(folder))))
