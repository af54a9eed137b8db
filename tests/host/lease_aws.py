"""The parts of AWS that the hosts of a stack share: the table of leases, and EventBridge."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from porter.aws.clients import Clients
from tests.host.lease_host import REPORT, TABLE
from tests.host.lease_racer import ACCOUNT

REGION = "eu-central-1"
LEASE = {
    "job": {"S": "report"},
    "schedule": {"S": REPORT.calendar},
    "token": {"N": "7"},
    "attempt": {"N": "1"},
    "holder": {"S": "i-gone"},
    "claim": {"S": "c"},
    "expires": {"N": "0"},
}
"""The lease of a run whose host is gone."""


@contextmanager
def queue(aws: Clients) -> Iterator[Callable[[], list[Any]]]:
    """Yield a queue that receives every event of porter, by a rule."""
    url = aws["sqs"].create_queue(QueueName="events")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:events"
    aws["events"].put_rule(Name="jobs", EventPattern=json.dumps({"source": ["porter"]}))
    aws["events"].put_targets(Rule="jobs", Targets=[{"Id": "queue", "Arn": arn}])

    def received() -> list[Any]:
        answer = aws["sqs"].receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    yield received
    aws["events"].remove_targets(Rule="jobs", Ids=["queue"])
    aws["events"].delete_rule(Name="jobs")
    aws["sqs"].delete_queue(QueueUrl=url)


def expire(aws: Clients) -> None:
    """Make the lease expire."""
    aws["dynamodb"].update_item(
        TableName=TABLE,
        Key={"job": {"S": "report"}},
        UpdateExpression="SET expires = :past",
        ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 5)}},
    )
