"""Fetch an image; `python -m porter.host.docker.fetch ORDER` does so for an attendant."""

from __future__ import annotations

import logging
import random
import sys
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from porter.errors import PorterError
from porter.host.docker.engine import Engine, EngineError
from porter.host.docker.order import Order
from porter.spec import Image, loads

log = logging.getLogger(__name__)

STALLED_SECONDS = 60.0
"""Seconds without progress after which a pull fails."""

PAUSES = (1.0, 3.0, 6.0)
"""Seconds between attempts, jittered by a half. A registry that answers 500 often does so once."""

_MISSING = ("not found", "manifest unknown", "invalid reference")
_REFUSED = ("unauthorized", "denied", "no basic auth")
"""Errors that are not tried again. ECR may refuse a new role for a while, so that one is."""


def fetch(engine: Engine, order: Order, pauses: Sequence[float] = PAUSES) -> None:
    """Fetch the image of `order`, unless Docker has it. Raises `PorterError` naming the image."""
    image = order.container.image
    if found(engine, image):
        return
    for pause in (*pauses, None):
        try:
            if image.source == "tarball":
                _load(engine, Path(order.folder) / "image.tar")
            else:
                account = _account(image, order.region)
                engine.pull(str(image.reference), account, stalled=STALLED_SECONDS)
        except (PorterError, TimeoutError) as error:
            why = error.what if isinstance(error, PorterError) else "no progress for a minute"
            if pause is None or _hopeless(image, error):
                raise PorterError(f"cannot be fetched: {why}", where=_place(image)) from error
            jittered = pause * random.uniform(0.5, 1.5)  # noqa: S311 - not a secret
            log.warning("%s: %s; again in %.1f s", _place(image), why, jittered)
            time.sleep(jittered)
        else:
            break
    if not found(engine, image):
        raise PorterError("Docker does not have it after fetching it", where=_place(image))


def found(engine: Engine, image: Image) -> Any:  # noqa: ANN401 - JSON
    """Return what the Engine knows of `image`, or None."""
    return engine.found(f"/images/{image.reference}/json")


def _place(image: Image) -> str:
    return f"image {image.reference}"


def _hopeless(image: Image, error: Exception) -> bool:
    said = str(error).lower()
    if any(word in said for word in _REFUSED):  # the Engine's status is 404 here, too
        return image.source != "ecr"
    unknown = isinstance(error, EngineError) and error.status == HTTPStatus.NOT_FOUND
    return unknown or any(word in said for word in _MISSING)


def _load(engine: Engine, file: Path) -> None:
    try:
        with file.open("rb") as content:
            engine.load(content, file.stat().st_size, stalled=STALLED_SECONDS)
    except OSError as error:
        raise PorterError(f"cannot be read: {error.strerror}", where=str(file)) from error


def _account(image: Image, region: str) -> Mapping[str, str] | None:
    """Return user name and password for the registry; imports boto3 only if needed."""
    if image.source == "ecr":
        from porter.aws.registry import ecr_account  # noqa: PLC0415

        return ecr_account(str(image.reference))
    if image.credentials:
        from porter.aws.registry import secret_account  # noqa: PLC0415

        return secret_account(image.credentials, region)
    return None


if __name__ == "__main__":
    try:
        fetch(Engine(), loads(Order, Path(sys.argv[1]).read_bytes()))
    except PorterError as error:
        sys.exit(str(error))
