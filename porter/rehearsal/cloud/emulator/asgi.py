"""Wrap ministack's ASGI application in others, and answer in its place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from importlib import import_module
from typing import Any

SIGNAL_PATH = "/_ministack/cfn-signal/"
"""The path at which ministack takes wait signals; a token follows."""

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def wrap(wrapper: Callable[[App], App]) -> None:
    """Wrap the application that ministack serves in this process."""
    ministack = import_module("ministack.app")
    setattr(ministack, "app", wrapper(ministack.app))  # noqa: B010 - untyped


async def say(send: Send, status: int, code: str, message: str) -> None:
    """Answer with an error as S3 does (S3 API Reference, "Error responses")."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    await answer(send, status, body, b"application/xml")


async def answer(send: Send, status: int, body: bytes, kind: bytes) -> None:
    """Answer with `body`, of the media type `kind`."""
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
