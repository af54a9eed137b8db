"""Removes from Docker what no unit wants any more; what resists is left for the next apply."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from porter.errors import PorterError
from porter.host.docker.engine import Engine

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class RemoveOld:
    """Remove the container or image `name`, and then its `record`: a step (`porter.host.steps`)."""

    kind: Literal["container", "image"]
    name: str
    record: Path | None = None

    @property
    def title(self) -> str:
        """One line for a person."""
        return f"remove {self.kind} {self.name}"

    def as_json(self) -> dict[str, Any]:
        """The step for a machine."""
        return {"step": f"remove-{self.kind}", "name": self.name}


def remove_old(engine: Engine, step: RemoveOld) -> None:
    """Do `step`, if it can be done: an old image that stays is no failure of the new release."""
    query = {"force": 1, "v": 1} if step.kind == "container" else None
    place = f"/{step.kind}s/{step.name}"
    try:
        if step.kind == "container" or engine.found(f"{place}/json"):
            engine.ask("DELETE", place, query=query, seconds=SECONDS)
    except PorterError:
        return
    if step.record:
        step.record.unlink(missing_ok=True)
