"""Files in porterd's runtime directory, which a reboot removes; by default for porterd alone."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)


def kept(path: Path) -> Any:  # noqa: ANN401 - the caller checks the shape
    """Return what `keep` wrote, or what else is there; None without a readable file."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        pass
    except OSError as error:
        _log.warning("%s: cannot be read: %s", path, error.strerror)
    except ValueError:  # its text may quote a secret
        _log.warning("%s: is not valid", path)
    return None


def keep(path: Path, content: object) -> None:
    """Write `content` as JSON; a failure is logged."""
    keep_text(path, json.dumps(content))


def keep_text(path: Path, text: str, mode: int = 0o600) -> None:
    """Write `text`: a reader finds all of it, or what was there before. A failure is logged."""
    draft = path.with_suffix(".new")
    try:
        draft.touch(0o600)
        draft.write_text(text, "utf-8")
        draft.chmod(mode)
        draft.replace(path)
    except OSError as error:
        _log.error("%s: cannot be written: %s", path, error.strerror)
