"""Complete this host's launching hook, and watch its targets until they are healthy (ADR 0039).

`python -m porter.aws.entering REGION INSTANCE GROUP ARN...` loads an AWS SDK, and waits for one
line, an `Order`; each line that it prints is an `Answer` (`porter.aws.entry`). porterd starts this
process, so that the 25 MB of an AWS SDK are freed when it ends: with its work, or at the end of
file on standard input.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from porter.aws.backoff import pauses
from porter.aws.clients import URGENT, Clients
from porter.aws.entry import Answer, Order
from porter.aws.lifecycle import LifecycleAction, LifecycleError
from porter.aws.targets import TargetsError, health
from porter.spec import LAUNCH_HOOK

FIRST_POLL, LONGEST_POLL = 0.2, 2.0
"""Between two looks at the targets; each pause is random, because hosts start together."""

LONGEST_PAUSE = 20.0
"""Between attempts when AWS refuses: many hosts share one limit of requests (Throttling)."""

EARLY_SECONDS = 20.0
"""So long "no active action" may mean that Auto Scaling does not wait yet (PrairieLearn#15586)."""


def carry_out(action: LifecycleAction, order: Order) -> Iterator[Answer]:
    """Complete the hook, and yield each answer; the last one is `completed`."""
    if order.result is None:
        return
    began, waits = time.monotonic(), pauses(1.0, LONGEST_PAUSE)
    while True:
        early = time.monotonic() - began < EARLY_SECONDS and not order.repeated
        try:
            if action.complete(order.result) or not early:
                yield Answer(completed=True)
                return
            yield Answer(problem="Auto Scaling does not wait for this host yet")
        except LifecycleError as error:
            yield Answer(problem=str(error))
        time.sleep(next(waits))


def watch(client: Any, arns: Sequence[str], instance_id: str) -> Iterator[Answer]:  # noqa: ANN401 - boto3's
    """Yield each new answer until the target groups `arns` call the host healthy."""
    polls, before = pauses(FIRST_POLL, LONGEST_POLL), None
    waits = pauses(LONGEST_POLL, LONGEST_PAUSE)
    while arns:
        try:
            answer = Answer(completed=True, targets=health(client, arns, instance_id))
            pause, waits = next(polls), pauses(LONGEST_POLL, LONGEST_PAUSE)
        except TargetsError as error:
            answer = Answer(completed=True, problem=str(error))
            pause = next(waits)
        if answer != before:
            yield answer
            before = answer
        if answer.healthy:
            return
        time.sleep(pause)


def _end_with_standard_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Wait for the order, and carry it out."""
    region, instance_id, scaling_group, *arns = sys.argv[1:]
    clients = Clients.of_host(region, URGENT)
    action = LifecycleAction(clients["autoscaling"], scaling_group, LAUNCH_HOOK, instance_id)
    balancing = clients["elbv2"] if arns else None
    line = sys.stdin.buffer.readline()
    if not line:
        return
    order = Order(**json.loads(line))
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    answers = carry_out(action, order)
    if order.result != "ABANDON":
        answers = itertools.chain(answers, watch(balancing, arns, instance_id))
    for answer in answers:
        sys.stdout.write(json.dumps(asdict(answer)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
