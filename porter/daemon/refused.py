"""Refuse a request with a JSON body that says why."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue


class Refused(Exception):  # noqa: N818 - an answer, not an error
    """The answer `status` with `code`, a word for programs, and `message`, a sentence."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


def answer_refusals(app: Flask) -> None:
    """Answer each `Refused` of `app`. SDKs quote `code` and `message`; `error` is for people."""

    @app.errorhandler(Refused)
    def refused(error: Refused) -> ResponseReturnValue:
        body = jsonify(error=error.message, code=error.code, message=error.message)
        return body, error.status, error.headers
