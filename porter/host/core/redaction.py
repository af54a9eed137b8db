"""Takes this host's secrets out of a text."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from porter.errors import PorterError
from porter.host.core.view import View

Values = Mapping[str, Mapping[str, str]]
"""Owner (a workload's name, or a part of the specification) to name to value."""

log = logging.getLogger(__name__)


def redacted(view: View, text: str) -> str:
    """`text` without the values of this host's secrets and its wait handle.

    Redact before you shorten a text: half a secret is not recognized.
    """
    from porter.aws.redaction import Redactor  # noqa: PLC0415 - only a failing host needs it

    try:
        url = handle_url(view)
    except PorterError:
        url = ""
    return Redactor.of_handle(url, *known_values(view))(text)


def without_secrets(view: View, error: PorterError) -> PorterError:
    """`error` as it may be shown and logged: a failing service may have printed what it knows."""
    return PorterError(redacted(view, error.what), where=error.where, cure=error.cure)


def known_values(view: View) -> tuple[str, ...]:
    """The values of this host's secrets, as far as they can be read."""
    try:
        owners = held_values(view)
    except PorterError as error:
        log.warning("%s", error)
        return ()
    return tuple(value for names in owners.values() for value in names.values())


def held_values(view: View) -> Values:
    """The secrets that the last apply or boot left in memory. Raises `PorterError` unless root."""
    found = view.read(view.layout.held_secrets)
    try:
        data: Values = json.loads(found.content) if found else {}
    except ValueError:
        raise PorterError("makes no sense", cure="run: porter host apply") from None
    return data


def handle_url(view: View) -> str:
    """The wait handle's URL. Raises `PorterError` where there is none.

    From the file as it stands: a deployment that this porter cannot decode is a failure to tell.
    """
    path = view.layout.deployment
    found = view.read(path)
    try:
        return str(json.loads(found.content if found else b"")["handle_url"])
    except (ValueError, KeyError, TypeError):
        raise PorterError("holds no wait handle", where=str(path)) from None
