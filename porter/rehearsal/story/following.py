"""Follow the fleet of a rehearsal that stays, and say what becomes of each host."""

from __future__ import annotations

from collections.abc import Callable

from porter.rehearsal.fleet.fleet import Fleet
from porter.rehearsal.story.stage import Stage


class Following:
    """The hosts of `fleet`; `says` gets a line for each change of a host's state."""

    def __init__(self, stage: Stage, fleet: Fleet, says: Callable[[str], object]) -> None:
        self._stage = stage
        self._fleet = fleet
        self._says = says
        self._told = fleet.states()

    def look(self) -> None:
        """Replace hosts that ended, and say what changed. Raises `RehearsalFailed`."""
        with self._stage.asking():
            self._fleet.follow()
        self._fleet.observe()
        states = self._fleet.states()
        for name, state in states.items():
            if self._told.get(name) != state:
                self._says(f"{name}: {state}")
        self._told = states

    def catch_up(self) -> None:
        """Say nothing of what has changed so far: a deployment's report did."""
        self._told = self._fleet.states()
