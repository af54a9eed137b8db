"""Ask Docker what it has, without changing anything: for phases, which only look."""

from __future__ import annotations

import json
from collections.abc import Iterable

from porter.errors import PorterError
from porter.host.core.view import View
from porter.host.docker.creation import LABEL
from porter.host.docker.engine import SOCKET, Engine
from porter.host.docker.fetch import found
from porter.spec import Image


def images_of(view: View, wanted: Iterable[Image]) -> frozenset[Image]:
    """Return the images of `wanted` that Docker has; none without Docker."""
    return frozenset(image for image in wanted if _is_there(view) and _has(image))


def containers_of(view: View) -> tuple[str, ...]:
    """Return the names of porter's containers, sorted; none without Docker."""
    query: dict[str, str | int] = {"all": 1, "filters": json.dumps({"label": [LABEL]})}
    try:
        found = Engine().ask("GET", "/containers/json", query=query) if _is_there(view) else ()
    except PorterError:
        return ()
    # A container that is being removed has no name.
    return tuple(sorted(one["Names"][0].removeprefix("/") for one in found if one["Names"]))


def _is_there(view: View) -> bool:
    return view.layout.is_machine and SOCKET.exists()


def _has(image: Image) -> bool:
    try:
        return found(Engine(), image) is not None
    except PorterError:
        return False  # fetching the image will report the cause
