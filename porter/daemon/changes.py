"""Find out what a restart of porterd changed: the payload, or the values of secrets."""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from porter.daemon.events import Events
from porter.daemon.happenings import HotApply, SecretsRotated
from porter.daemon.kept import keep, kept

_log = logging.getLogger(__name__)

_SHOWN = 12
"""Digits of a digest, as in the name of the payload's folder."""


def note_changes(
    events: Events,
    directory: Path,
    payload: str,
    held: Mapping[str, Mapping[str, str]],
    told: Mapping[str, Mapping[str, str]],
) -> None:
    """Append what differs from the last start since the boot; remember it below `directory`.

    `payload` is the payload's SHA-256; `held` has the values of secrets by owner and name. They are
    compared by digests under a random key, and only porterd may read the file. Values
    in `told` were announced since the last start.
    """
    path = directory / "known.json"
    before = _known(path)
    key = before.get("key") or secrets.token_hex(32)
    digests = {
        owner: {name: _digest(key, value) for name, value in names.items()}
        for owner, names in held.items()
    }
    if before and before["payload"] != payload:
        events.append(HotApply(payload=payload[:_SHOWN]))
    for owner, names in before.get("secrets", {}).items():
        now = digests.get(owner, {})
        names |= {name: _digest(key, value) for name, value in told.get(owner, {}).items()}
        rotated = sorted(name for name in names if name in now and now[name] != names[name])
        if rotated:
            events.append(SecretsRotated(program=owner, names=tuple(rotated)))
    keep(path, {"key": key, "payload": payload, "secrets": digests})


def _digest(key: str, value: str) -> str:
    return hmac.new(key.encode(), value.encode(), hashlib.sha256).hexdigest()


def _known(path: Path) -> dict[str, Any]:
    """Return what the last start wrote; nothing without such a file."""
    known = kept(path)
    if known is None:
        return {}
    try:
        texts = [known["key"], known["payload"]]
        texts += [one for names in known["secrets"].values() for one in names.values()]
    except (AttributeError, KeyError, TypeError):
        texts = [None]
    if not all(isinstance(one, str) for one in texts):
        _log.warning("%s: is not valid; porterd cannot tell what changed", path)
        return {}
    return dict(known)
