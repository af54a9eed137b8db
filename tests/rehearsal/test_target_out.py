"""A host that deregisters itself in the embedded AWS, and comes back."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from porter.aws import targets as calls
from porter.aws.clients import Clients
from porter.rehearsal.fleet.target import Target
from porter.rehearsal.fleet.targets import Targets
from tests.daemon.loopback import Service, running
from tests.harness.traces import until


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """The service as the target `i-1` of the target group `arn`, behind a load balancer."""

    service: Service
    arn: str
    url: str


@pytest.fixture
def there(aws: Clients, targets: Targets) -> Iterator[There]:
    group = aws["elbv2"].create_target_group(
        Name="out", Protocol="HTTP", Port=80, VpcId="vpc-1", HealthCheckIntervalSeconds=5
    )
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    with running(service := Service()):
        targets.register(
            Target(
                instance_id="i-1",
                address="127.0.0.1",
                port=service.port,
                aws=aws,
                target_group_arns=[arn],
            )
        )
        [url] = targets.urls
        assert _becomes(targets, url, 200)
        yield There(service=service, arn=arn, url=url)
        targets.deregister("i-1")
    aws["elbv2"].delete_target_group(TargetGroupArn=arn)


def _becomes(targets: Targets, url: str, wanted: int) -> bool:
    def looked() -> bool:
        targets.look()
        return _status(url) == wanted

    return until(looked, 10)


def test_a_host_that_leaves_by_itself_gets_no_requests_until_it_passes_a_new_check(
    aws: Clients, targets: Targets, there: There
) -> None:
    calls.leave(aws["elbv2"], [there.arn], "i-1")
    assert _becomes(targets, there.url, 503)
    assert targets.ready(), "a host that is out on purpose delays no rehearsal"
    there.service.status = 500
    calls.join(aws["elbv2"], [there.arn], "i-1")
    for _ in range(5):
        targets.look()
        assert _status(there.url) == 503
    there.service.status = 200
    assert _becomes(targets, there.url, 200)


@pytest.mark.parametrize(
    ("delay", "then"),
    [
        pytest.param(1, (6, 502), id="shorter"),
        pytest.param(300, (12, 200), id="longer", marks=pytest.mark.exhaustive),
    ],
)
def test_a_request_at_hand_has_the_deregistration_delay_of_the_target_group(
    aws: Clients, targets: Targets, there: There, delay: int, then: tuple[float, int]
) -> None:
    attribute = {"Key": "deregistration_delay.timeout_seconds", "Value": str(delay)}
    aws["elbv2"].modify_target_group_attributes(TargetGroupArn=there.arn, Attributes=[attribute])
    there.service.seconds, status = then
    before = len(there.service.requests)

    def at_hand() -> bool:
        agents = [headers["user-agent"] for _, headers in there.service.requests[before:]]
        return any("urllib" in agent for agent in agents)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(_status, there.url)
        assert until(at_hand, 10)
        calls.leave(aws["elbv2"], [there.arn], "i-1")
        while not answer.done():
            targets.look()
            time.sleep(0.1)
    assert answer.result() == status
