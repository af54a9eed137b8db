"""Ask Docker what it has, without changing anything: for phases, which only look."""

from __future__ import annotations

import json
from collections.abc import Iterable

from porter.errors import PorterError
from porter.host.core.view import View
from porter.host.docker.creation import LABEL
from porter.host.docker.engine import Engine
from porter.host.docker.fetch import found
from porter.spec import Image


def images_of(view: View, wanted: Iterable[Image]) -> frozenset[Image]:
    """Return the images of `wanted` that Docker has; none without Docker."""
    engine = Engine(view.layout.root)
    return frozenset(image for image in wanted if engine.is_there and _has(engine, image))


def containers_of(view: View) -> tuple[str, ...]:
    """Return the names of porter's containers, sorted; none without Docker."""
    query: dict[str, str | int] = {"all": 1, "filters": json.dumps({"label": [LABEL]})}
    engine = Engine(view.layout.root)
    try:
        found = engine.ask("GET", "/containers/json", query=query) if engine.is_there else ()
    except PorterError:
        return ()
    # A container that is being removed has no name.
    return tuple(sorted(one["Names"][0].removeprefix("/") for one in found if one["Names"]))


def _has(engine: Engine, image: Image) -> bool:
    try:
        return found(engine, image) is not None
    except PorterError:
        return False  # fetching the image will report the cause
