"""`/v1/credentials`: AWS SDKs ask here, and a workload's token decides which session they get."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable, Mapping

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from porter.daemon.refused import Refused
from porter.daemon.sessions import SessionError, Sessions
from porter.spec import CREDENTIALS_PATH, workload_token

_log = logging.getLogger(__name__)


def hand_out(app: Flask, sessions: Sessions, tokens: Mapping[str, str]) -> None:
    """Serve `CREDENTIALS_PATH` of `app`; `tokens` holds each workload's token by name.

    Errors carry `code` and `message`, the fields that SDKs quote.
    """

    @app.get(CREDENTIALS_PATH)
    def credentials() -> ResponseReturnValue:
        try:
            session = sessions.of(program_asking(tokens))
        except SessionError as error:
            raise Refused(502, "NoCredentials", str(error)) from None
        answer = jsonify(session)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def tokens_of(names: Iterable[str], key: bytes) -> dict[str, str]:
    """Return the token of each workload."""
    return {name: workload_token(key, name) for name in names}


def program_asking(tokens: Mapping[str, str]) -> str:
    """Return the name of the workload whose token the request has. Raises `Refused`."""
    given = request.headers.get("Authorization", "")
    if not given:
        raise Refused(401, "MissingToken", "Authorization must hold a workload's token")
    name = _whose(given, tokens)
    if name is None:
        # Not the path: a program can put a token there by mistake.
        _log.warning("%s: a token of no workload: refused", request.url_rule)
        raise Refused(403, "WrongToken", "the token in Authorization is no workload's")
    return name


def _whose(given: str, tokens: Mapping[str, str]) -> str | None:
    """The workload whose token was `given`, or None; the time it takes does not depend on it."""
    found = None
    for name, token in tokens.items():
        if hmac.compare_digest(given.encode(), token.encode()):
            found = name
    return found
