"""Want the newest machine image with unchanged code: `porter deploy --refresh-image`."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from porter.errors import PorterError
from porter.spec.synthesis import IMAGE_REFRESHED

_CONTEXT = "cdk.context.json"

_IMAGE_ID = re.compile(r"ami-[0-9a-f]+")


def refresh(app: Path) -> Path:
    """Change `cdk.context.json` in the folder `app`, so that the next release has a new image.

    The image ids that cdk looked up are removed, and cdk looks them up again. For images that only
    CloudFormation knows, the time is a part of the release's name. Returns the file. Raises
    `PorterError` if it cannot be read or written.
    """
    path = app / _CONTEXT
    try:
        context = json.loads(path.read_text("utf-8")) if path.exists() else {}
        kept = {name: value for name, value in context.items() if not _is_image(value)}
        kept[IMAGE_REFRESHED] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        path.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    except (OSError, ValueError, AttributeError) as error:
        raise PorterError(
            f"cannot be changed: {error}", where=_CONTEXT, cure="correct or remove the file"
        ) from error
    return path


def _is_image(value: object) -> bool:
    return isinstance(value, str) and _IMAGE_ID.fullmatch(value) is not None
