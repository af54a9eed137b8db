"""An app with scheduled jobs, and the three hosts that run them."""

from __future__ import annotations

import json
from typing import Any

from porter.aws.clients import Clients
from tests.harness.staying import Staying

APP = """
import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from porter_cdk import HealthCheck, Job, PorterHost, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Hello")
host = PorterHost(
    stack, "Host",
    min_capacity=3,
    jobs={
        "tick": Job(["python3", "tick.py", "loud"], source="service", schedule="*:*:0/10",
                    environment={"MOOD": "merry"}, exclude=["main.py"]),
        "slow": Job(["sleep", "600"], source="service", schedule="*:*:0/20", timeout_seconds=2),
        "berlin": Job(["true"], source="service", schedule="03:00", time_zone="Europe/Berlin",
                      missed="run"),
    },
)
PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
    host=host,
)
queue = sqs.Queue(stack, "Queue")
rule = events.Rule(stack, "Rule", event_pattern=events.EventPattern(source=["porter"]))
rule.add_target(targets.SqsQueue(queue))
cdk.CfnOutput(stack, "QueueUrl", value=queue.queue_url)
app.synth()
"""
TICK = """
import os
import sys
from urllib.request import Request, urlopen

def asked(url, **headers):
    try:
        with urlopen(Request(url, headers=headers), timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""

token = os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
given = asked(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"], Authorization=token)
print("tick", *sys.argv[1:], os.environ["MOOD"], os.environ["PORTER_OCCURRENCE"],
      os.environ["PORTER_FENCING_TOKEN"], sorted(os.listdir()), os.getuid() != 0,
      "ServiceRole" in given, asked("http://169.254.169.254/latest/meta-data/") == "")
"""


class Group:
    """The three hosts of the group."""

    def __init__(self, there: Staying, aws: Clients) -> None:
        self.there = there
        self.aws = aws
        self.hosts = sorted(there.hosts())
        self._events: list[Any] = []

    def run(self, host: str, *argv: str) -> str:
        """Return the output of `argv` on `host`; it must succeed there."""
        return self.there.run(*argv, host=host)

    def journal(self, unit: str) -> dict[str, list[str]]:
        """Return the log of `unit` on each host."""
        argv = ("journalctl", "--no-pager", "--output=cat", f"_SYSTEMD_UNIT={unit}")
        return {host: self.run(host, *argv).splitlines() for host in self.hosts}

    def events(self, job: str) -> list[Any]:
        """Return the events about `job` so far."""
        [stack] = self.aws["cloudformation"].describe_stacks()["Stacks"]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        while True:
            answer = self.aws["sqs"].receive_message(
                QueueUrl=outputs["QueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=600
            )
            if not answer.get("Messages"):
                return [one for one in self._events if one["detail"]["job"] == job]
            self._events += [json.loads(message["Body"]) for message in answer["Messages"]]

    def lease_table(self) -> str:
        """Return the name of the table in the stack."""
        [name] = self.aws["dynamodb"].list_tables()["TableNames"]
        return str(name)
