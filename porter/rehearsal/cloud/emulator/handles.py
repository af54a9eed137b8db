"""Wait handles as presigned S3 URLs, which outlive their stack and expire on their own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from porter.rehearsal.cloud.emulator.asgi import SIGNAL_PATH, App, Receive, Scope, Send, answer, say

HOST = "cloudformation-waitcondition-"
"""The prefix of the bucket in which CloudFormation keeps signals."""

LIFE = 86_399
"""Seconds that a handle's URL is valid, as in AWS."""


class Handles:
    """All handles ever made, by token, with their URLs."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}
        self._expires: dict[str, float] = {}

    def hand_out(self, waits: ModuleType, *, real_names: bool) -> None:
        """Patch ministack to record handles here, and to return AWS's URLs with `real_names`."""
        original = waits.handle_url

        def handle_url(token: str) -> str:
            stack = waits._handles[token]["stack_id"]  # noqa: SLF001
            url: str = presigned(stack, token) if real_names else original(token)
            self._urls[token] = url
            self._expires[token] = time.time() + LIFE
            return url

        def token_of(url: object) -> str | None:
            token = urlsplit(url).path.rpartition("/")[2] if isinstance(url, str) else ""
            return token or None

        setattr(waits, "handle_url", handle_url)  # noqa: B010 - untyped
        setattr(waits, "_token_of", token_of)  # noqa: B010

    def app(self, app: App, knows: Callable[[str], bool]) -> App:
        """Return `app` with S3's checks before signals; `knows` is whether ministack has it."""

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            token = _token(scope)
            if token is None:
                await app(scope, receive, send)
            elif problem := self._problem(token, scope):
                await say(send, 403, *problem)
            elif token in self._urls and not knows(token):
                await answer(send, 200, b"", b"text/plain")  # its stack is gone
            else:
                path = SIGNAL_PATH + token
                to_ministack = {"path": path, "raw_path": path.encode(), "query_string": b""}
                await app({**scope, **to_ministack, "headers": _nameless(scope)}, receive, send)

        return serve

    def _problem(self, token: str, scope: Scope) -> tuple[str, str] | None:
        """Return why S3 would reject the request: code and message; else None."""
        url = urlsplit(self._urls.get(token, ""))
        if not url.query:
            return None
        sent = sorted(parse_qsl(scope["query_string"].decode("latin-1")))
        if sent != sorted(parse_qsl(url.query)) or scope["path"] != unquote(url.path):
            return "SignatureDoesNotMatch", "The request signature we calculated does not match"
        if time.time() > self._expires[token]:
            return "AccessDenied", "Request has expired"
        return None


def presigned(stack: str, token: str) -> str:
    """Return a URL like that of a handle; `stack` is the ARN of its stack.

    Real ones have 530 to 650 characters, with percent-encoding in path and query.
    """
    region = stack.split(":")[3]
    now = datetime.now(UTC)
    scope = f"AKIA{secrets.token_hex(8).upper()}/{now:%Y%m%d}/{region}/s3/aws4_request"
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": now.strftime("%Y%m%dT%H%M%SZ"),
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Expires": str(LIFE),
        "X-Amz-Credential": scope,
        "X-Amz-Signature": secrets.token_hex(32),
    }
    host = f"{HOST}{region}.s3.{region}.amazonaws.com"
    return f"https://{host}/{quote(stack)}/{token}?{urlencode(query)}"


def _token(scope: Scope) -> str | None:
    """Return the token of the handle that a request signals; `None` for other requests."""
    if scope.get("method") != "PUT":
        return None
    path: str = scope["path"]
    if path.startswith(SIGNAL_PATH) or _host(scope).startswith(HOST):
        return path.rpartition("/")[2]
    return None


def _host(scope: Scope) -> str:
    host: bytes = dict(scope["headers"]).get(b"host", b"")
    return host.decode("latin-1")


def _nameless(scope: Scope) -> list[tuple[bytes, bytes]]:
    """Return the request's headers without the host name, by which ministack would choose S3."""
    return [(name, b"localhost" if name == b"host" else value) for name, value in scope["headers"]]
