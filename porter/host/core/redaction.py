"""Redact this host's secrets from a text."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from porter.errors import PorterError
from porter.host.core.view import View

Values = Mapping[str, Mapping[str, str]]
"""Values by owner (a workload's name, or a part of the specification) and name."""

log = logging.getLogger(__name__)


def redacted(view: View, text: str) -> str:
    """Return `text` without the values of this host's secrets and its wait handle.

    Redact a text before you shorten it: half a secret is not recognized.
    """
    from porter.aws.redaction import Redactor  # noqa: PLC0415 - only a failing host needs it

    try:
        url = handle_url(view)
    except PorterError:
        url = ""
    return Redactor.of_handle(url, *known_values(view))(text)


def without_secrets(view: View, error: PorterError) -> PorterError:
    """Return `error` redacted: its text may quote a service that printed a secret."""
    return PorterError(redacted(view, error.what), where=error.where, cure=error.cure)


def known_values(view: View) -> tuple[str, ...]:
    """Return the values of this host's secrets; none, and a warning, if they cannot be read."""
    try:
        owners = held_values(view)
    except PorterError as error:
        log.warning("%s", error)
        return ()
    return tuple(value for names in owners.values() for value in names.values())


def held_values(view: View) -> Values:
    """Read the secrets that the last apply or boot fetched. Raises `PorterError` unless root."""
    path = view.layout.held_secrets
    found = view.read(path)
    try:
        data: Values = json.loads(found.content) if found else {}
    except ValueError:
        cure = "run: porter host apply"
        raise PorterError("is not valid JSON", where=str(path), cure=cure) from None
    return data


def handle_url(view: View) -> str:
    """Return the wait handle's URL. Raises `PorterError` if there is none.

    Parses plain JSON: a deployment that this version cannot decode must still be reported.
    """
    path = view.layout.deployment
    found = view.read(path)
    try:
        return str(json.loads(found.content if found else b"")["handle_url"])
    except (ValueError, KeyError, TypeError):
        raise PorterError("contains no wait handle", where=str(path)) from None
