"""Request ids, the access log and the rates of requests."""

import http.client
import json
import re
from typing import Any

import pytest

from porter.daemon.rates import AT_ONCE, PER_SECOND, USERS, Rates
from tests.daemon.loopback import Service
from tests.daemon.porterd_process import PorterdProcess


def lines(porterd: PorterdProcess) -> list[dict[str, Any]]:
    """Return the access log."""
    return [json.loads(one) for one in porterd.log.splitlines() if one.startswith("{")]


def logged(porterd: PorterdProcess, request_id: str) -> dict[str, Any]:
    """Return the line of one request."""
    [line] = [one for one in lines(porterd) if one["request_id"] == request_id]
    return line


def test_an_id_comes_back_and_is_in_the_log(serving: PorterdProcess) -> None:
    headers = {"X-Request-Id": "order-42.a_b"}
    status, answered, body = serving.exchange("GET", "/v1/service?secret=1", **headers)
    assert (status, answered["X-Request-Id"]) == (200, "order-42.a_b")
    line = logged(serving, "order-42.a_b")
    assert 0 <= line.pop("seconds") < 5
    assert re.fullmatch(r"user \d+", line.pop("user"))
    assert line == {
        "method": "GET",
        "route": "/v1/service",
        "status": 200,
        "bytes": len(body),
        "request_id": "order-42.a_b",
    }


@pytest.mark.parametrize("given", ["", "x" * 65, 'a"b', "a b", "\u00e4", "{}"])
def test_an_id_that_could_forge_a_line_is_replaced(serving: PorterdProcess, given: str) -> None:
    _, answered, _ = serving.exchange("GET", "/aws/region", **{"X-Request-Id": given})
    assert re.fullmatch(r"[0-9a-f]{16}", answered["X-Request-Id"])
    assert logged(serving, answered["X-Request-Id"])["route"] == "/aws/region"


def test_what_a_program_sends_is_in_no_log(serving: PorterdProcess) -> None:
    """A token may be in any part of a request, by mistake."""
    token = "t0k3n-of-a-program"  # noqa: S105 - nobody's
    serving.exchange("GET", f"/v1/events?since={token}", Authorization=token)
    serving.exchange("GET", f"/{token}")
    serving.exchange("GET", f"/v1/secrets/{token}", Authorization=token)
    serving.exchange("POST", "/v1/fail", token.encode(), Authorization=token)
    assert token not in serving.log
    assert [one["route"] for one in lines(serving)][-4:] == [
        "/v1/events",
        None,
        "/v1/secrets/<name>",
        "/v1/fail",
    ]


def test_a_request_that_porterd_cannot_read_has_an_id_and_a_line(serving: PorterdProcess) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=30)
    connection.request("GET", "/health", headers={"Transfer-Encoding": "chunked"})
    answer = connection.getresponse()
    assert answer.status == 411
    line = logged(serving, answer.headers["X-Request-Id"])
    assert (line["method"], line["route"], line["status"]) == (None, None, 411)
    connection.close()


def test_health_is_not_logged_while_it_is_good(serving: PorterdProcess) -> None:
    before = lines(serving)
    serving.get("/health")
    assert lines(serving) == before


SLOW = """
from porter.daemon import __main__, rates
rates.AT_ONCE, rates.PER_SECOND = 20, 0.5
__main__.main()
"""
"""A porterd whose users may send less: this machine may be too slow for the real rate."""


def test_who_sends_too_much_is_told_when_to_come_again(
    porterd: PorterdProcess, service: Service
) -> None:
    """The refusal is JSON, and has an id; one warning stands for all refusals."""
    porterd.watch_over(service.port)
    porterd.start(["-c", SLOW])
    answers = [porterd.exchange("GET", "/aws/region") for _ in range(30)]
    refused = [one for one in answers if one[0] == 429]
    assert answers[0][0] == 200
    assert len(refused) > 5
    _, headers, body = refused[-1]
    assert json.loads(body) == {"error": "Too Many Requests"}
    assert headers["Retry-After"] in ("1", "2")
    assert headers["X-Request-Id"]
    assert porterd.log.count("sends too many requests") == 1
    assert 429 not in [one["status"] for one in lines(porterd)]
    logged_before = lines(porterd)
    chunked = {"Transfer-Encoding": "chunked"}
    unread = [porterd.exchange("GET", "/aws/region", None, **chunked) for _ in range(5)]
    assert 429 in [status for status, _, _ in unread], "what cannot be read counts, too"
    assert len(lines(porterd)) - len(logged_before) <= sum(one[0] != 429 for one in unread)


def _spend(rates: Rates, user: str) -> int:
    """Return how many requests were free; those that come free meanwhile are, too."""
    free = 0
    while not (seconds := rates.take(user)):
        free += 1
    assert 0 < seconds <= 1 / PER_SECOND
    return free


def test_rates_are_apart_for_each_user() -> None:
    rates = Rates()
    assert _spend(rates, "user 1") >= AT_ONCE
    assert _spend(rates, "user 1") < AT_ONCE / 2
    assert _spend(rates, "user 2") >= AT_ONCE


def test_many_users_do_not_free_the_one_who_sends_most() -> None:
    """Else a program could have its empty bucket forgotten."""
    rates = Rates()
    _spend(rates, "greedy")
    for number in range(2 * USERS):
        assert rates.take(f"user {number}") == 0
        if number % 50 == 0:
            assert _spend(rates, "greedy") < AT_ONCE / 2
