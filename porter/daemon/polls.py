"""`/v1/events`: a long poll. A poll without news leaves its thread, and the loop keeps it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from flask import Flask, Response, jsonify, request
from flask.typing import ResponseReturnValue

from porter.daemon.events import Events
from porter.daemon.happenings import Happening
from porter.daemon.parameters import invalid, number

LONGEST_WAIT_SECONDS = 60
POLL = "porter.poll"
"""The key of a request's `Poll` in its WSGI environment."""

EVENTS = "porter.events"
"""The key of the log in `Flask.extensions`."""

_LARGEST_ID = 10**15 - 1


@dataclass(slots=True)
class Poll:
    """What the loop keeps of a request, which may be a poll. Times are monotonic seconds.

    The application sets `route`, the pattern that matched.

    The application sets `until` if the poll has to wait for an event after the id `seen`. The loop
    sets `over` when the poll must be answered now. `since` keeps what `since=now` meant.
    """

    arrived: float = field(default_factory=time.monotonic)
    since: int | None = None
    seen: int = 0
    until: float | None = None
    over: bool = False
    route: str | None = None


def serve_events(app: Flask, events: Events) -> None:
    """Serve `/v1/events` of `app` from the log `events`."""
    app.extensions[EVENTS] = events

    @app.get("/v1/events")
    def poll() -> ResponseReturnValue:
        own = request.environ.get(POLL) or Poll(over=True)
        wait = number("wait", LONGEST_WAIT_SECONDS)
        if own.since is None:
            now = request.args.get("since") == "now"
            own.since = events.newest if now else number("since", _LARGEST_ID, also="now")
        page = events.since(own.since, _kind())
        own.seen, own.until = page.newest, own.arrived + wait
        if not (page.events or page.missed or own.over or time.monotonic() >= own.until):
            return Response(status=202)  # nobody sees it: the loop keeps the request
        own.until = None
        return jsonify(events=page.events, next=page.newest, missed=page.missed)


def _kind() -> str:
    """Return the kind that is asked for; empty for all. Raises `Refused`."""
    kind = request.args.get("kind", "")
    # Once each: `slots=True` makes a second class of each.
    kinds = dict.fromkeys(one.kind for one in Happening.__subclasses__())
    if kind in ("", *kinds):
        return kind
    raise invalid(f"kind: must be one of {', '.join(kinds)}")
