"""Make what an app takes as existing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from porter.rehearsal.cloud import existing, from_context, lookups, specs
from porter.rehearsal.cloud.assembly import Environment, templates
from porter.rehearsal.cloud.emulator import Emulator


def make(
    emulator: Emulator, assembly: Path, environment: Environment, context: Mapping[str, object]
) -> dict[str, str]:
    """Make it in `emulator`; return the kind, by id, of what the app's `context` does not describe.

    Stacks without an environment go to `environment`. Raises `PorterError`.
    """
    there = [*templates(assembly, environment)]
    by_id = existing.by_id(there, specs.fields(assembly))
    known = from_context.known(context)  # what it says comes first
    emulator.make([*known, *by_id])
    found = {one.id for one in known}
    return {
        one.id: one.kind
        for one in by_id
        if one.id not in found and not one.id.startswith(lookups.PUBLIC)
    }
