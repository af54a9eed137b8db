"""The one request that a rehearsal sends to each service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from porter.rehearsal.story.answer import status_of


class _Redirects(BaseHTTPRequestHandler):
    """Redirects `/` to a page that answers 500; the real one may be on the Internet."""

    def do_GET(self) -> None:
        self.send_response(301 if self.path == "/" else 500)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Redirects) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_redirect_is_the_answer(server: str) -> None:
    assert status_of(f"{server}/") == 301


def test_an_error_is_an_answer_too(server: str) -> None:
    assert status_of(f"{server}/elsewhere") == 500


def test_without_a_server_there_is_no_answer() -> None:
    assert status_of("http://127.0.0.1:1/") is None
