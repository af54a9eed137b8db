"""The steps that fetch an image, and that remove an unused image or container."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

from porter.errors import PorterError
from porter.host.core.machine import Machine
from porter.host.docker.engine import Engine
from porter.host.docker.fetch import fetch
from porter.host.docker.order import Order

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class FetchImage:
    """Fetch the image of `order`."""

    order: Order

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        image = self.order.container.image
        return f"fetch image {image.reference} ({image.source})"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        image = self.order.container.image
        return {"step": "fetch-image", "image": str(image.reference), "source": image.source}

    def perform(self, machine: Machine) -> None:
        """Perform the step. Raises `PorterError` naming the image."""
        fetch(Engine(machine.layout.root), self.order)


@dataclass(frozen=True, slots=True)
class RemoveOld:
    """Remove the container or image `name`, and then its `record`.

    A failure is left to the next apply: an old image must not fail a new release.
    """

    kind: Literal["container", "image"]
    name: str
    record: PurePath | None = None

    @property
    def title(self) -> str:
        """The step in one line, for a person."""
        return f"remove {self.kind} {self.name}"

    def as_json(self) -> dict[str, Any]:
        """The step as JSON."""
        return {"step": f"remove-{self.kind}", "name": self.name}

    def perform(self, machine: Machine) -> None:
        """Perform the step; a failure is ignored, and leaves the record."""
        engine = Engine(machine.layout.root)
        query = {"force": 1, "v": 1} if self.kind == "container" else None
        place = f"/{self.kind}s/{self.name}"
        try:
            if self.kind == "container" or engine.found(f"{place}/json"):
                engine.ask("DELETE", place, query=query, seconds=SECONDS)
        except PorterError:
            return
        if self.record:
            machine.remove(self.record)
