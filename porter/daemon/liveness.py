"""When an unhealthy program is restarted, and when restarts have not helped; no input or output."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

MOST_RESTARTS = 2
"""Restarts in a row. A third would rarely help, and costs requests that the program can answer."""

MOST_UNANSWERED = 3
"""Requests that root may leave undone, while an apply runs for instance; then porterd gives up."""

FORGET_SECONDS = 600.0
"""A program that was healthy for so long begins anew."""

_SPREAD = 2.0
"""Times `unhealthy_seconds`, at random, come on top: hosts that fail together restart apart."""


class Act(enum.StrEnum):
    """What to do about a program now; `GIVE_UP` comes once, after the last restart."""

    NOTHING = "nothing"
    RESTART = "restart"
    GIVE_UP = "give up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Liveness:
    """One program after the gate's success; times are monotonic seconds.

    `unhealthy_seconds` is how long it may be unhealthy at first; each restart doubles that time. A
    program that was not healthy since its start has `start_seconds` at least. `spread` seconds come
    on top, drawn for each pause. `total` counts all restarts, `restarts` those in a row, up to the
    one `asked_at` then; `unanswered` counts the requests after which no new process started.
    """

    name: str
    unhealthy_seconds: float
    start_seconds: float = 0.0
    unhealthy_since: float | None = None
    healthy_since: float | None = None
    healthy_at: float | None = None
    restarts: int = 0
    total: int = 0
    asked_at: float | None = None
    unanswered: int = 0
    spread: float = 0.0
    given_up: bool = False

    def patience(self, started_at: float) -> float:
        """Return how long it may be unhealthy now; its process started at `started_at`."""
        patience = self.unhealthy_seconds * 2.0**self.restarts
        starting = self.healthy_at is None or self.healthy_at < started_at
        return self.spread + (max(patience, self.start_seconds) if starting else patience)


def looked(
    one: Liveness, now: float, *, healthy: bool, started_at: float, chance: float
) -> tuple[Liveness, Act]:
    """Return `one` after a check, and what to do; `chance`, from 0 to 1, draws its `spread`."""
    if healthy:
        since = now if one.healthy_since is None else one.healthy_since
        after = replace(one, unhealthy_since=None, healthy_since=since, healthy_at=now)
        if now - since >= FORGET_SECONDS:
            after = replace(after, restarts=0, unanswered=0, asked_at=None, given_up=False)
        return after, Act.NOTHING
    spread = _SPREAD * one.unhealthy_seconds * chance
    since = now if one.unhealthy_since is None else one.unhealthy_since
    if one.unhealthy_since is None:
        one = replace(one, unhealthy_since=now, healthy_since=None, spread=spread)
    if one.given_up or now - since < one.patience(started_at):
        return one, Act.NOTHING
    undone = one.asked_at is not None and started_at < one.asked_at
    if undone:
        one = replace(one, restarts=one.restarts - 1, unanswered=one.unanswered + 1)
    if one.restarts >= MOST_RESTARTS or one.unanswered >= MOST_UNANSWERED:
        return replace(one, given_up=True), Act.GIVE_UP
    restarted = replace(
        one,
        unhealthy_since=now,
        restarts=one.restarts + 1,
        total=one.total + (not undone),
        asked_at=now,
        spread=spread,
    )
    return restarted, Act.RESTART


def helpless(one: Liveness, now: float, started_at: float) -> bool:
    """Whether restarts do not help `one`, and it has had its time since it was last healthy."""
    since = one.unhealthy_since
    return one.given_up and since is not None and now - since >= one.patience(started_at)


def unjudged(one: Liveness) -> Liveness:
    """Return `one` while nobody can say how it is: a person stopped it, or others are at fault."""
    return replace(one, unhealthy_since=None, healthy_since=None, given_up=False)
