"""`/`: this host as one web page for people, without scripts and external assets (ADR 0042).

`view` collects what the page shows, `timeline` makes a picture of the events, and `page.html` lays
it out. Jinja escapes every text; the policy stops what an escape would miss.
"""

from __future__ import annotations

import base64
import functools
import hashlib
from pathlib import Path

from flask import Flask, Response
from flask.typing import ResponseReturnValue
from jinja2 import Template
from markupsafe import Markup

from porter.daemon.page import words
from porter.daemon.page.view import Host, collect

__all__ = ["Host", "serve_page"]

REFRESH_SECONDS = 10

_FOLDER = Path(__file__).parent


def serve_page(app: Flask, host: Host) -> None:
    """Serve the page of `host` at `/` of `app`."""

    @functools.cache
    def template() -> tuple[Template, dict[str, str]]:
        """Compile the template, at the first request: most hosts never show the page."""
        style = (_FOLDER / "style.css").read_text("utf-8")
        environment = app.jinja_env.overlay(trim_blocks=True, lstrip_blocks=True)
        environment.filters |= {"ago": words.ago, "utc": words.utc, "span": words.span}
        environment.filters |= {"size": words.size, "count": words.count}
        # porter's own text: an escape would break the selectors.
        environment.globals |= {"style": Markup(style)}  # noqa: S704
        page = environment.from_string((_FOLDER / "page.html").read_text("utf-8"))
        return page, _headers(style)

    @app.get("/")
    def page() -> ResponseReturnValue:
        compiled, headers = template()
        text = compiled.render(collect(host))
        return Response(text, mimetype="text/html", headers=headers)


def _headers(style: str) -> dict[str, str]:
    """Return the headers of a page that runs nothing, loads nothing, and is in no frame."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Refresh": str(REFRESH_SECONDS),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
