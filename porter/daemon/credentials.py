"""`/v1/credentials`: AWS SDKs ask here, and a workload's token decides which session they get."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Iterable, Mapping

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from porter.daemon.sessions import SessionError, Sessions
from porter.spec import CREDENTIALS_PATH, workload_token

_log = logging.getLogger(__name__)


def hand_out(app: Flask, sessions: Sessions, tokens: Mapping[str, str]) -> None:
    """Serve `CREDENTIALS_PATH` of `app`; `tokens` holds each workload's token by name.

    Errors carry `code` and `message`, the fields that SDKs quote.
    """

    @app.get(CREDENTIALS_PATH)
    def credentials() -> ResponseReturnValue:
        given = request.headers.get("Authorization", "")
        if not given:
            return _refusal(401, "MissingToken", "Authorization must hold a workload's token")
        name = _whose(given, tokens)
        if name is None:
            _log.warning("a request for credentials had a token of no workload: refused")
            return _refusal(403, "WrongToken", "the token in Authorization is no workload's")
        try:
            session = sessions.of(name)
        except SessionError as error:
            return _refusal(502, "NoCredentials", str(error))
        answer = jsonify(session)
        answer.headers["Cache-Control"] = "no-store"
        return answer


def tokens_of(names: Iterable[str], key: bytes) -> dict[str, str]:
    """Return the token of each workload."""
    return {name: workload_token(key, name) for name in names}


def _whose(given: str, tokens: Mapping[str, str]) -> str | None:
    """The workload whose token was `given`, or None; the time it takes does not depend on it."""
    found = None
    for name, token in tokens.items():
        if hmac.compare_digest(given.encode(), token.encode()):
            found = name
    return found


def _refusal(status: int, code: str, message: str) -> tuple[Response, int]:
    return jsonify({"error": message, "code": code, "message": message}), status
