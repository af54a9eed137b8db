"""A phase of `porter host apply`, and the steps that it leaves to be performed."""

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
    """`look` reads the machine, `plan` decides from the goal and those facts alone.

    Neither gets a `Machine`, so neither can write or run anything. Any function of a phase may
    raise `PorterError`.

    `notes` says what the plan has to leave out on this machine. `repair` plans what is to be done
    when a step failed, by another look. Two functions return the goal refined for what follows:
    `fetch`, before the phase looks, asks AWS for what only AWS knows; `settle`, after its steps,
    takes up what they decided.
    """

    name: str
    look: Callable[[Goal, View], F]
    plan: Callable[[Goal, F], Steps]
    notes: Callable[[Goal, F], tuple[str, ...]] = lambda _goal, _facts: ()
    repair: Callable[[Goal, F], Steps] | None = None
    fetch: Callable[[Goal], Goal] = lambda goal: goal
    settle: Callable[[Goal, View], Goal] = lambda goal, _view: goal
