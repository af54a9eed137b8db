"""What a rehearsal did not exercise, or exercised in another form than AWS would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from porter.rehearsal.cloud import builds, looked_up, lookups, sealed
from porter.rehearsal.cloud.assembly import resource_types
from porter.rehearsal.cloud.emulator import Inert
from porter.rehearsal.fleet.fleet import Fleet
from porter.rehearsal.story.stage import Stage

_RULE = "AWS::ElasticLoadBalancingV2::ListenerRule"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotExercised:
    """The differences between a rehearsal and a deployment.

    `machines` says how machines differ from EC2, `resources` lists what exists in name only.
    `lookups` are those without a value in the app's context, which got a stand-in. `existing` is
    the kind of what templates name by an id, ARN or name, made for the rehearsal. `assets` would
    have other bytes.
    """

    machines: tuple[str, ...] = ()
    resources: tuple[Inert, ...] = ()
    lookups: tuple[str, ...] = ()
    existing: Mapping[str, str] = field(default_factory=dict)
    assets: tuple[str, ...] = ()

    def of_the_app(self) -> Iterator[str]:
        """Yield a line for each difference that this app has, and not every app."""
        for one in self.resources:
            yield f"{one.type} {one.stack}/{one.logical_id}: {one.why}"
        for key in self.lookups:
            yield f"a lookup got a stand-in: {key}"
        for name, kind in self.existing.items():
            stand_in = ", with a stand-in as its value" if kind in ("secret", "parameter") else ""
            yield f"taken as existing: {name}{stand_in}"
        for asset in self.assets:
            yield f"not as deployed: {asset}"

    def as_json(self) -> Mapping[str, Any]:
        """Return the object in the report's JSON."""
        return {
            "machines": list(self.machines),
            "resources": [asdict(one) for one in self.resources],
            "lookups": list(self.lookups),
            "existing": list(self.existing),
            "assets": list(self.assets),
        }


def not_exercised(stage: Stage, fleet: Fleet) -> NotExercised:
    """Return what the deployments onto `stage`, with the hosts of `fleet`, left out."""
    rules = (
        Inert(stack=balancer, logical_id=f"rule {priority}", type=_RULE, why=why)
        for balancer, priority, why in fleet.targets.fronts.unplayed
    )
    there = resource_types(stage.assembly)
    # Notes of earlier versions are among them, whose resources may be gone.
    inert = (one for one in stage.emulator.inert() if (one.logical_id, one.type) in there)
    return NotExercised(
        machines=fleet.machines.limits,
        resources=(*inert, *rules),
        lookups=lookups.of_the_account(stage.answers),
        existing=stage.existing,
        # The assets that a deployment would not have in these bytes.
        assets=(
            *sealed.differing(stage.assembly),
            *builds.rebuilt(stage.assembly),
            *looked_up.holding(stage.assembly, stage.answers),
        ),
    )
