"""The page of a host, as porterd serves it: what it shows, and that it runs and loads nothing."""

import base64
import hashlib
import json
import re
import time
from dataclasses import fields
from html.parser import HTMLParser

import pytest

from porter.daemon.happenings import Happening
from porter.daemon.page.timeline import WIDTH, timeline
from porter.daemon.page.view import said
from porter.daemon.page.words import size, span
from tests.daemon.loopback import INSTANCE_ID, SECRET, Imds, Service
from tests.daemon.porterd_process import PorterdProcess

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)>\" ' {{ 7*7 }}"


class Seen(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def shown(porterd: PorterdProcess) -> tuple[Seen, dict[str, str], str]:
    """Return the page, its headers, and its source."""
    status, headers, body = porterd.exchange("GET", "/")
    assert status == 200
    return Seen(body.decode()), headers, body.decode()


def test_the_page_tells_who_runs_what_and_how_well(
    porterd: PorterdProcess, service: Service
) -> None:
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until_signal("sent")
    page, headers, _ = shown(porterd)
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    for text in ("hello", INSTANCE_ID, "Healthy", "SUCCESS", "hello became healthy", "HAProxy"):
        assert text in page.text
    assert "Why it is not healthy" not in page.text


def test_the_page_says_why_a_service_is_not_healthy(
    porterd: PorterdProcess, service: Service, imds: Imds
) -> None:
    """It does so without instance metadata, too."""
    service.status = 503
    imds.tree.clear()
    porterd.watch_over(service.port)
    porterd.start()
    porterd.until(lambda: "answered 503" in shown(porterd)[0].text)
    page, _, _ = shown(porterd)
    assert "Starting" in page.text
    assert "Why it is not healthy yet" in page.text


def test_what_a_program_logs_is_text_on_the_page(porterd: PorterdProcess, service: Service) -> None:
    """A log line reaches the page by the reason of a failure, and by its event."""
    service.status = 500
    porterd.systemd.wrote(f"{HOSTILE}\n{porterd.handle_url}\n")
    porterd.watch_over(service.port, timeout_seconds=1)
    porterd.start()
    porterd.until_signal("sent")
    page, _, source = shown(porterd)
    assert HOSTILE in page.text
    assert SECRET not in source
    assert not {"script", "img", "iframe", "object", "form"} & {tag for tag, _ in page.tags}
    assert not [name for _, names in page.tags for name in names if name.startswith("on")]


def test_the_page_loads_and_runs_nothing(porterd: PorterdProcess, service: Service) -> None:
    porterd.watch_over(service.port)
    porterd.start()
    page, headers, source = shown(porterd)
    policy = headers["Content-Security-Policy"]
    [style] = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    for rule in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'none'"):
        assert rule in policy
    assert "script" not in policy
    for tag, names in page.tags:
        assert "style" not in names, "the policy refuses it"
        assert tag != "a" or str(names["href"]).startswith("/")
        assert "src" not in names
    status, _, body = porterd.exchange("GET", "/", Host="evil.example")
    assert (status, json.loads(body)) == (400, {"error": "Bad Request"})


@pytest.mark.parametrize("kind", Happening.__subclasses__(), ids=lambda one: one.kind)
def test_the_page_has_words_for_each_kind_of_event(kind: type[Happening]) -> None:
    samples = {"bool": False, "int": 1, "float": 1.0, "tuple[str, ...]": ["a"]}
    values = {one.name: samples.get(str(one.type), "a") for one in fields(kind)}
    shown = said({"id": 1, "at": 1.0, "kind": kind.kind, **values})
    assert shown["text"] != kind.kind


def _event(at: float, *, healthy: bool, program: str = "web") -> dict[str, object]:
    return {"at": at, "kind": "health", "program": program, "healthy": healthy, "problem": "x"}


def test_a_timeline_has_a_piece_for_each_state() -> None:
    events = [_event(20, healthy=True), _event(60, healthy=False), _event(70, healthy=True)]
    [row] = timeline(events, ["web"], 0, 100, cut=False).rows
    states = [(one.state, one.since, one.until) for one in row.pieces]
    assert sorted(states, key=lambda one: one[1]) == [
        ("starting", 0, 20),
        ("healthy", 20, 60),
        ("unhealthy", 60, 70),
        ("healthy", 70, 100),
    ]
    assert row.healthy == pytest.approx(70)
    assert row.pieces[-1].state == "unhealthy", "it is drawn over its neighbours"


def test_a_timeline_whose_beginning_is_lost_begins_with_the_state_before() -> None:
    [row] = timeline([_event(50, healthy=False)], ["web"], 0, 100, cut=True).rows
    assert [one.state for one in row.pieces] == ["healthy", "unhealthy"]


def test_a_second_in_a_week_is_visible() -> None:
    week = 604_800.0
    events = [
        _event(1, healthy=True),
        _event(week - 2, healthy=False),
        _event(week - 1, healthy=True),
    ]
    [row] = timeline(events, ["web"], 0, week, cut=False).rows
    for one in row.pieces:
        assert one.width >= 3
        assert one.x + one.width <= WIDTH + 3


def test_a_clock_that_was_put_back_breaks_no_timeline() -> None:
    events = [_event(time.time() + 3600, healthy=True), _event(5, healthy=False)]
    [row] = timeline(events, ["web"], 10, 20, cut=False).rows
    assert all(one.width > 0 for one in row.pieces)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0021, "2 ms"), (5, "5 s"), (200, "3 min 20 s"), (7200, "2 h"), (100_000, "1 d 3 h")],
)
def test_times_have_two_units(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_sizes_have_two_digits() -> None:
    assert [size(one) for one in (12, 4_200, 4_200_000_000)] == ["12 B", "4.1 KB", "3.9 GB"]
