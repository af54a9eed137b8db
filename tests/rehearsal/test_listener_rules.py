"""Rules of a listener, as a real HAProxy plays them."""

from __future__ import annotations

import http.client
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from porter.rehearsal.cloud import account
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.emulator import Emulator
from porter.rehearsal.fleet.front import Front, Fronts
from porter.rehearsal.fleet.rules import needs_front, unplayed
from porter.rehearsal.story.answer import status_of
from tests.harness.free_port import free_port
from tests.harness.traces import until

LISTENER = {"Port": 80, "Protocol": "HTTP"}
GONE = {"StatusCode": "410", "ContentType": "text/html", "MessageBody": "<p>it's\ngone</p>"}
EMPTY = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": ""}
MOVED = {"StatusCode": "HTTP_301", "Protocol": "HTTPS", "Port": "443"}
TWO = {"StatusCode": "HTTP_302", "Path": "/c&d", "Query": "e=1&f=2"}


def rule(priority: int | str, action: dict[str, Any], *conditions: dict[str, Any]) -> Any:
    """Return a rule as DescribeRules does."""
    return {
        "Priority": str(priority),
        "IsDefault": priority == "default",
        "Conditions": list(conditions),
        "Actions": [action],
    }


def when(field: str, *values: str) -> dict[str, Any]:
    """Return a condition."""
    return {"Field": field, "Values": list(values)}


def forward(**weights: int) -> dict[str, Any]:
    """Return an action that forwards to target groups by weight."""
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
    return {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}


HEADER = {
    "Field": "http-header",
    "Values": [],
    "HttpHeaderConfig": {"HttpHeaderName": "X-Version", "Values": ["2*"]},
}
RULES = [
    rule("default", forward(shop=1)),
    rule(5, forward(api=1), when("path-pattern", "/api/*"), when("host-header", "*.example.com")),
    rule(6, {"Type": "fixed-response", "FixedResponseConfig": GONE}, when("path-pattern", "/old*")),
    rule(14, {"Type": "fixed-response", "FixedResponseConfig": EMPTY}, when("path-pattern", "/no")),
    rule(7, {"Type": "redirect", "RedirectConfig": MOVED}, when("path-pattern", "/login")),
    rule(15, {"Type": "redirect", "RedirectConfig": TWO}, when("path-pattern", "/a&b")),
    rule(8, forward(shop=3, api=1), when("path-pattern", "/split")),
    rule(9, forward(api=1), HEADER),
    rule(10, forward(nowhere=1), when("path-pattern", "/empty")),
    rule(11, forward(api=1), when("source-ip", "10.0.0.0/8"), when("path-pattern", "/vpn")),
    rule(12, {"Type": "authenticate-oidc"}, when("path-pattern", "/private")),
    rule(13, forward(api=1), when("path-pattern", "/old/api")),
]


class Server(ThreadingHTTPServer):
    """A target group's load balancer: it answers its name."""

    def __init__(self, name: str) -> None:
        asked, go = self.asked, self.go = threading.Event(), threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/slow":
                    asked.set()
                    go.wait(20)
                self.send_response(200)
                self.send_header("Content-Length", str(len(name)))
                self.end_headers()
                self.wfile.write(name.encode())

            def log_message(self, *_said: object) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """The ports of two target groups."""
    servers = {name: Server(name) for name in ("shop", "api")}
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {name: server.server_address[1] for name, server in servers.items()}
    for server in servers.values():
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def front(ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """A listener with every kind of rule."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    front = Front(tmp_path_factory.mktemp("front") / "listener", LISTENER, port)
    front.play(RULES, ports)
    yield front
    front.stop()


def ask(front: Front, path: str, **headers: str) -> tuple[int, str, str]:
    """Return status, body and Location of the answer."""
    connection = http.client.HTTPConnection(front.url.split("/")[2], timeout=30)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers=given)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body, response.headers.get("Location", "")


def test_rules_are_tried_by_priority_and_the_default_comes_last(front: Front) -> None:
    assert ask(front, "/api/users", Host="shop.example.com:80")[1] == "api"
    assert ask(front, "/api/users", Host="example.org")[1] == "shop"
    assert ask(front, "/API/users", Host="shop.example.com")[1] == "shop"
    assert ask(front, "/", X_Version="2.1")[1] == "api"
    assert ask(front, "/old/api")[0] == 410


def test_a_rule_answers_or_redirects_itself(front: Front) -> None:
    assert ask(front, "/old")[:2] == (410, "<p>it's\ngone</p>")
    assert ask(front, "/no")[:2] == (404, "")
    status, _, location = ask(front, "/login?next=a", Host="shop.example.com")
    assert (status, location) == (301, "https://shop.example.com:443/login?next=a")


def test_a_path_and_a_redirect_may_have_an_ampersand(front: Front) -> None:
    status, _, location = ask(front, "/a&b", Host="shop.example.com")
    assert status == 302
    assert location.endswith("/c&d?e=1&f=2")
    assert ask(front, "/a")[:2] == (200, "shop")


def test_weights_divide_the_requests(front: Front) -> None:
    counted = Counter(ask(front, "/split")[1] for _ in range(40))
    assert counted == {"shop": 30, "api": 10}


def test_a_target_group_without_targets_answers_503(front: Front) -> None:
    assert ask(front, "/empty")[0] == 503


def test_a_rule_that_is_not_played_answers_501_and_says_so(front: Front) -> None:
    status, body, _ = ask(front, "/vpn")
    assert (status, body) == (
        501,
        "porter: rule 11 is not rehearsed: its condition source-ip is not played",
    )
    assert ask(front, "/private")[0] == 501
    why = {one["Priority"]: unplayed(one) for one in RULES if unplayed(one)}
    assert why["12"] == "its action authenticate-oidc is not played"


def test_rules_can_change(ports: dict[str, int], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    changing = Front(tmp_path / "listener", LISTENER, port)
    try:
        changing.play(RULES[:1], ports)
        assert ask(changing, "/")[1] == "shop"
        changing.play([rule("default", forward(api=1))], ports)
        # The old HAProxy accepts until it gets its signal.
        assert until(lambda: ask(changing, "/")[1] == "api", 20)
    finally:
        changing.stop()


def test_a_listener_that_forwards_all_to_one_group_needs_no_front() -> None:
    assert not needs_front([rule("default", forward(shop=1))])
    assert needs_front([rule("default", forward(shop=1, api=1))])
    assert needs_front(RULES)


def test_a_listener_that_redirects_everything_is_played() -> None:
    """As `redirect_http=True` of a service makes it."""
    assert needs_front([rule("default", {"Type": "redirect", "RedirectConfig": MOVED})])


def test_a_listener_without_rules_any_more_forwards_and_one_that_is_gone_is_not_listed(
    emulator: Emulator, ports: dict[str, int], tmp_path: Path
) -> None:
    aws = account.clients(Environment(), emulator.endpoint)
    elbv2 = aws["elbv2"]
    made = elbv2.create_load_balancer(Name="changing", Subnets=["subnet-1", "subnet-2"])
    balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
    made = elbv2.create_target_group(Name="shop", Protocol="HTTP", Port=80, VpcId="vpc-1")
    shop = made["TargetGroups"][0]["TargetGroupArn"]
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": shop}],
    )["Listeners"][0]["ListenerArn"]
    gone = elbv2.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/"]}],
        Actions=[{"Type": "fixed-response", "FixedResponseConfig": GONE}],
    )["Rules"][0]["RuleArn"]
    fronts = Fronts(tmp_path)
    fronts.LOOK_SECONDS = 0.0

    def look() -> dict[str, str]:
        fronts.look([aws], {shop: ports["shop"]}, free_port)
        return fronts.urls

    try:
        [url] = look().values()
        assert until(lambda: status_of(url) == 410, 5)
        elbv2.delete_rule(RuleArn=gone)
        assert look() == {"changing:80": url}
        assert until(lambda: status_of(url) == 200, 5)
        elbv2.delete_listener(ListenerArn=listener)
        assert look() == {}
    finally:
        fronts.stop()


def test_a_changed_rule_lets_a_request_in_flight_finish(tmp_path: Path) -> None:
    """As on AWS: a deployment that changes a rule drops no request."""
    server = Server("shop")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ports = {"shop": server.server_address[1]}
    front = Front(tmp_path / "listener", LISTENER, free_port())
    try:
        front.play(RULES[:1], ports)
        with ThreadPoolExecutor() as pool:
            slow = pool.submit(ask, front, "/slow")
            assert server.asked.wait(20)
            front.play([RULES[0], RULES[2]], ports)
            # The old HAProxy may accept until it has left.
            assert until(lambda: ask(front, "/old")[0] == 410, 20)
            server.go.set()
            assert slow.result(20)[:2] == (200, "shop")
        assert until(lambda: not front.leaving(), 20)
    finally:
        front.stop()
        server.shutdown()
        server.server_close()
