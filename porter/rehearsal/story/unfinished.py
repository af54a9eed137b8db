"""End what a failed deployment left in progress: AWS updates no stack that is."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress

from porter.aws.clients import ERRORS, Clients
from porter.rehearsal.cloud.emulator.in_progress import in_progress
from porter.rehearsal.story.waiting import CONDITION, resources_in_progress

TICK = 0.1
"""Seconds between two looks."""


def end_unfinished(
    environments: Collection[Clients], look: Callable[[], object], says: Callable[[str], object]
) -> None:
    """Let each stack in progress roll back, and wait; meanwhile, call `look`, which may raise.

    `says` gets one line. Raises one of `ERRORS`.
    """
    said = False
    while busy := unfinished(environments):
        if not said:
            said = True
            names = ", ".join(f"{name} ({status})" for _, name, status in busy)
            says(f"waiting until an earlier deployment has ended: {names}")
        roll_back(busy)
        look()
        time.sleep(TICK)


def unfinished(environments: Iterable[Clients]) -> list[tuple[Clients, str, str]]:
    """Return AWS, the name and the status of each stack in progress. Raises one of `ERRORS`."""
    return [
        (aws, stack["StackName"], stack["StackStatus"])
        for aws in environments
        for page in aws["cloudformation"].get_paginator("describe_stacks").paginate()
        for stack in page["Stacks"]
        if in_progress(stack["StackStatus"])
    ]


def roll_back(stacks: Iterable[tuple[Clients, str, str]]) -> None:
    """Let `unfinished` stacks roll back: cancel their updates, and fail their wait conditions.

    May be called again: a stack that is created can be failed only while it waits.
    """
    for aws, name, status in stacks:
        cloudformation = aws["cloudformation"]
        # Each may have ended meanwhile.
        if status == "UPDATE_IN_PROGRESS":
            with suppress(*ERRORS):
                cloudformation.cancel_update_stack(StackName=name)
        with suppress(*ERRORS):
            for one in resources_in_progress(aws, name):
                if one.type == CONDITION:
                    cloudformation.signal_resource(
                        StackName=name,
                        LogicalResourceId=one.logical_id,
                        UniqueId="rehearsal",
                        Status="FAILURE",
                    )
