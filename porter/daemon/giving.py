"""`/v1/secrets/NAME` and `/v1/parameters/NAME`: a program's own secrets, by its token."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from porter.daemon.credentials import program_asking
from porter.daemon.parameters import number
from porter.daemon.refused import Refused
from porter.daemon.values import Values

PATHS = ("/v1/secrets/", "/v1/parameters/")
DEFAULT_AGE_SECONDS = 300
_LONGEST_AGE_SECONDS = 86_400


def serve_secrets(app: Flask, values: Values, tokens: Mapping[str, str]) -> None:
    """Serve both paths of `app`; `tokens` holds each program's token by name."""

    @app.get("/v1/secrets/<name>")
    def secret(name: str) -> ResponseReturnValue:
        return _value(name, parameter=False)

    @app.get("/v1/parameters/<name>")
    def parameter(name: str) -> ResponseReturnValue:
        return _value(name, parameter=True)

    def _value(name: str, *, parameter: bool) -> ResponseReturnValue:
        program = program_asking(tokens)
        max_age = number("max_age", _LONGEST_AGE_SECONDS, DEFAULT_AGE_SECONDS)
        secret = values.secrets.get(program, {}).get(name)
        kind = "parameter" if parameter else "secret"
        if secret is None:
            raise Refused(404, "NotDeclared", f"{program} has no {kind} of this name in secrets=")
        if (secret.store == "ssm") != parameter:
            other = "secrets" if parameter else "parameters"
            raise Refused(404, "NotDeclared", f"it is no {kind}: GET /v1/{other}/{name}")
        value = values.of(program, name, max_age)
        answer = jsonify(name=name, value=value.text, read_at=value.read_at, problem=value.problem)
        answer.headers["Cache-Control"] = "no-store"
        return answer
