"""Looks at nested stacks: no more questions than needed, and one refusal hides no other group.

The server answers as the references of ListStackResources and DescribeScalingActivities say.
"""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from porter.aws.clients import ERRORS, Clients
from porter.stacks.failed_launches import FailedLaunches
from porter.stacks.launch_watch import LaunchWatch
from porter.stacks.observer import problem_of
from porter.stacks.scaling_groups import GROUP, NESTED_STACK, Home, Stack
from tests.daemon.loopback import running
from tests.harness.traces import until

RESOURCE = (
    "<member><LogicalResourceId>{0}</LogicalResourceId><PhysicalResourceId>{0}"
    "</PhysicalResourceId><ResourceType>{1}</ResourceType><ResourceStatus>{2}</ResourceStatus>"
    "<LastUpdatedTimestamp>2026-12-01T00:00:{3:02d}Z</LastUpdatedTimestamp></member>"
)
ACTIVITY = (
    "<member><ActivityId>{0}</ActivityId><AutoScalingGroupName>{1}</AutoScalingGroupName>"
    "<Description>Launching a new EC2 instance</Description><StatusCode>Failed</StatusCode>"
    "<StatusMessage>no capacity</StatusMessage><Cause>a user</Cause>"
    "<StartTime>2026-12-01T00:00:00Z</StartTime></member>"
)
DENIED = (
    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
)


class Aws(ThreadingHTTPServer):
    """Stacks by name: each resource with its type, status and the second of its last change."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stacks: dict[str, dict[str, tuple[str, str, int]]] = {}
        self.refused: set[str] = set()
        self.failed: list[tuple[str, str]] = []
        self.listed: list[str] = []

    def answer(self, asked: dict[str, list[str]]) -> tuple[int, str]:
        """Return status and body for a request's fields."""
        [action] = asked["Action"]
        if action == "DescribeScalingActivities":
            [group] = asked["AutoScalingGroupName"]
            found = [ACTIVITY.format(*one) for one in self.failed if one[1] == group]
            inner = f"<Activities>{''.join(found)}</Activities>"
        elif action == "GetCallerIdentity":
            inner = "<Arn>arn:aws:iam::123456789012:user/one</Arn>"
        else:
            [stack] = asked["StackName"]
            self.listed.append(stack)
            if stack not in self.stacks and stack not in self.refused:
                raise ConnectionAbortedError  # socketserver closes the connection
            if stack in self.refused:
                return 403, DENIED
            found = [RESOURCE.format(name, *told) for name, told in self.stacks[stack].items()]
            inner = f"<StackResourceSummaries>{''.join(found)}</StackResourceSummaries>"
        return 200, f"<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"

    def asked(self) -> list[str]:
        """Return the stacks that were listed since the last call."""
        listed, self.listed = self.listed, []
        return listed

    def handle_error(self, *_: object) -> None:
        """Print nothing."""


class _Handler(BaseHTTPRequestHandler):
    server: Aws

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        status, body = self.server.answer(parse_qs(text))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def aws() -> Iterator[Aws]:
    with Aws() as server, running(server):
        yield server


def clients(aws: Aws) -> Clients:
    url = f"http://127.0.0.1:{aws.server_address[1]}"
    return Clients(region="eu-west-1", access_key="a", secret_key="b", endpoint=url)  # noqa: S106


def nested(status: str, second: int = 0) -> tuple[str, str, int]:
    return NESTED_STACK, status, second


OWN = (GROUP, "CREATE_COMPLETE", 0)


def test_only_nested_stacks_that_change_are_listed_again(aws: Aws) -> None:
    aws.stacks = {
        "Root": {"Still": nested("CREATE_COMPLETE"), "Moves": nested("UPDATE_IN_PROGRESS")},
        "Still": {"still-group": OWN},
        "Moves": {},
    }
    launches, there = FailedLaunches("Root"), clients(aws)
    launches.look(there)
    assert aws.asked() == ["Root", "Still", "Moves"]
    launches.look(there)
    assert aws.asked() == ["Root", "Moves"]
    aws.stacks["Moves"]["new-group"] = OWN
    aws.stacks["Root"]["Moves"] = nested("UPDATE_COMPLETE", 1)
    launches.look(there)
    assert aws.asked() == ["Root", "Moves"], "its end is seen, too"
    aws.stacks["Root"]["Still"] = nested("CREATE_COMPLETE", 2)
    launches.look(there)
    assert aws.asked() == ["Root", "Still"], "it changed between two looks"
    launches.look(there)
    assert aws.asked() == ["Root"]
    aws.failed = [("1", "still-group"), ("2", "new-group")]
    assert launches.look(there) == [
        "still-group: a launch failed: no capacity",
        "new-group: a launch failed: no capacity",
    ]


def test_a_nested_stack_that_is_refused_hides_no_other_group(aws: Aws) -> None:
    aws.stacks = {"Root": {"Closed": nested("CREATE_COMPLETE"), "group": OWN}}
    aws.refused = {"Closed"}
    launches, there = FailedLaunches("Root"), clients(aws)
    launches.look(there)
    aws.failed = [("1", "group")]
    assert launches.look(there) == ["group: a launch failed: no capacity"]
    assert launches.known
    assert isinstance(launches.hidden, ERRORS)
    aws.refused = set()
    aws.stacks["Closed"] = {}
    launches.look(there)
    assert launches.hidden is None


@pytest.mark.parametrize("grouped", [True, False])
def test_the_watch_complains_only_where_a_group_is_known(
    aws: Aws, monkeypatch: pytest.MonkeyPatch, *, grouped: bool
) -> None:
    aws.stacks = {"Root": {"Closed": nested("CREATE_COMPLETE")}}
    aws.stacks["Root"] |= {"group": OWN} if grouped else {}
    aws.refused = {"Closed"}
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{aws.server_address[1]}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    home = Home(account=None, region="eu-west-1", lookup_role={})
    template = {"Resources": {"Closed": {"Type": NESTED_STACK}}}
    said: list[str] = []
    stack = Stack(home=home, name="Root", template=template, assembly=Path())
    watch = LaunchWatch([stack], None, said.append)
    assert until(lambda: "Closed" in aws.listed, 30)
    watch.conclude()
    expected = "failed launches are not shown: Root: AWS answered AccessDenied"
    assert [line.partition(";")[0] for line in said] == ([expected] if grouped else [])


def test_a_broken_connection_is_an_answer_that_is_missing(aws: Aws) -> None:
    """Botocore gives this error a `response`, which is None."""
    with pytest.raises(ERRORS) as raised:
        FailedLaunches("Gone").look(clients(aws))
    assert "Connection was closed" in problem_of(raised.value, "one", "two")
