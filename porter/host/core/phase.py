"""A phase of `porter host apply`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from porter.host.core.goal import Goal
from porter.host.core.steps import Steps
from porter.host.core.view import View

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Phase(Generic[F]):
    """`look` collects facts from a view; `plan` decides from the goal and those facts alone.

    Neither gets a `Machine`, so neither can write or run anything. Each function of a phase may
    raise `PorterError`.

    `notes` says what the plan leaves out on this machine. If a step fails, `repair` plans the way
    back from new facts. Two functions return a refined goal for what follows: `fetch` runs before
    `look` and may ask AWS; `settle` runs after the steps.
    """

    name: str
    look: Callable[[Goal, View], F]
    plan: Callable[[Goal, F], Steps]
    notes: Callable[[Goal, F], tuple[str, ...]] = lambda _goal, _facts: ()
    repair: Callable[[Goal, F], Steps] | None = None
    fetch: Callable[[Goal], Goal] = lambda goal: goal
    settle: Callable[[Goal, View], Goal] = lambda goal, _view: goal
