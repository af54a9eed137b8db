"""The gate's time starts with the launch of the host, within limits."""

import json
import time
from datetime import UTC, datetime

import pytest

from porter.aws.launch import launched_at
from porter.aws.metadata import Metadata
from tests.daemon.loopback import Imds, running
from tests.harness.slowness import slowness

DOCUMENT = "dynamic/instance-identity/document"


def stamp(seconds_ago: float) -> str:
    """Return a time in the form of the identity document: whole seconds, UTC."""
    return datetime.fromtimestamp(time.time() - seconds_ago, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("pending", "expected_age"),
    [
        (lambda: stamp(90), 90),
        (lambda: stamp(0), 0),
        (lambda: stamp(3600), 300),  # its clock is an hour fast: half of the time-out is left
        (lambda: stamp(-3600), 0),  # its clock is an hour slow
        (lambda: "yesterday", 0),
    ],
    ids=["booted for 90 s", "just now", "clock fast", "clock slow", "nonsense"],
)
def test_time_counts_from_the_launch_within_reason(pending, expected_age: float) -> None:  # noqa: ANN001
    imds = Imds()
    with running(imds):
        imds.tree[DOCUMENT] = json.dumps({"pendingTime": pending()})
        age = time.time() - launched_at(Metadata(imds.url), timeout_seconds=600)
    assert expected_age - 0.5 <= age <= expected_age + 2 * slowness()


def test_without_a_launch_time_the_gate_opens_now() -> None:
    imds = Imds()
    with running(imds):
        imds.tree[DOCUMENT] = "{}"
        age = time.time() - launched_at(Metadata(imds.url), timeout_seconds=600)
    assert abs(age) < 2 * slowness()


def test_without_a_metadata_service_the_gate_opens_now() -> None:
    imds = Imds()
    with running(imds):
        url = imds.url
    before = time.time()
    assert before <= launched_at(Metadata(url), timeout_seconds=600) <= time.time()
