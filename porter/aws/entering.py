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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
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
"""So long "no active action" may mean that Auto Scaling does not wait yet (PrairieLearn#15586).

Later it means that an earlier process of this host was heard, and did not live to say so.
"""


def carry_out(action: Callable[[], LifecycleAction], order: Order) -> Iterator[Answer]:
    """Complete the hook, and yield each answer; the last one is `completed`.

    `action` is called again after an error: a client without credentials stays without.
    """
    if order.result is None:
        return
    began, waits, asked = time.monotonic(), pauses(1.0, LONGEST_PAUSE), action()
    while True:
        early = time.monotonic() - began < EARLY_SECONDS
        try:
            if asked.complete(order.result) or not early:
                yield Answer(completed=True)
                return
            yield Answer(problem="Auto Scaling does not wait for this host yet")
        except LifecycleError as error:
            yield Answer(problem=str(error))
            asked = action()
        time.sleep(next(waits))


def watch(client: Callable[[], Any], arns: Sequence[str], instance_id: str) -> Iterator[Answer]:
    """Yield each new answer until the target groups `arns` call the host healthy.

    `client` is called again after an error.
    """
    if not arns:
        return
    polls, before = pauses(FIRST_POLL, LONGEST_POLL), None
    waits, asked = pauses(LONGEST_POLL, LONGEST_PAUSE), client()
    while True:
        try:
            answer = Answer(completed=True, targets=health(asked, arns, instance_id))
            pause = next(polls)
        except TargetsError as error:
            answer = Answer(completed=True, problem=str(error))
            pause, asked = next(waits), client()
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
    loaded = Clients.of_host(region, URGENT)
    services = ("autoscaling", "elbv2") if arns else ("autoscaling",)
    made = {service: loaded[service] for service in services}

    def client(service: str) -> Any:  # noqa: ANN401 - boto3's
        """Return the client that is made already; the next time, another one."""
        return made.pop(service, None) or Clients.of_host(region, URGENT)[service]

    def action() -> LifecycleAction:
        return LifecycleAction(client("autoscaling"), scaling_group, LAUNCH_HOOK, instance_id)

    line = sys.stdin.buffer.readline()
    if not line:
        return
    order = Order(**json.loads(line))
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    answers = carry_out(action, order)
    if order.result != "ABANDON":
        answers = itertools.chain(answers, watch(partial(client, "elbv2"), arns, instance_id))
    for answer in answers:
        sys.stdout.write(json.dumps(asdict(answer)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
