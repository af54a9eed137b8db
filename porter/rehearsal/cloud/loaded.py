"""Load the cdk CLI before its run is needed: while something else keeps the other core."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from porter.rehearsal.cloud import cdk
from porter.rehearsal.cloud.assembly import Environment
from porter.rehearsal.cloud.cdk import Cdk
from porter.rehearsal.cloud.environment import app_environment
from porter.rehearsal.cloud.workspace import Workspace
from porter.rehearsal.local.interruption import held_back

_Load = Callable[[Workspace, Mapping[str, str], Path], Cdk]

COMMANDS: Mapping[str, _Load] = {
    "synth": partial(cdk.synth, lookups=False),
    "lookups": partial(cdk.synth, lookups=True),
    "deploy": cdk.deploy,
}


class Loaded:
    """Runs of the cdk CLI in `folder`, by their name in `COMMANDS`.

    AWS is at `endpoint`. `on_close` registers the function that ends a run.
    """

    def __init__(
        self,
        folder: Path,
        endpoint: Callable[[], str],
        on_close: Callable[[Callable[[], object]], object],
    ) -> None:
        self._folder = folder
        self._endpoint = endpoint
        self._on_close = on_close
        self._held: dict[str, tuple[Environment, Cdk]] = {}

    def load(self, name: str, workspace: Workspace, environment: Environment) -> Cdk:
        """Load the run `name`, unless it is loaded, and return it."""
        if name in self._held and self._held[name][0] == environment:
            return self._held[name][1]
        self._drop(name)
        variables = app_environment(os.environ, self._folder, self._endpoint(), environment)
        with held_back():
            run = COMMANDS[name](workspace, variables, self._folder / f"{name}.log")
            self._on_close(run.stop)
        self._held[name] = environment, run
        return run

    def begin(self, name: str, workspace: Workspace, environment: Environment) -> Cdk:
        """Begin the run `name`, which is loaded now if it was not."""
        run = self.load(name, workspace, environment)
        del self._held[name]
        run.begin()
        return run

    def drop(self) -> None:
        """End what has not begun."""
        for name in list(self._held):
            self._drop(name)

    def _drop(self, name: str) -> None:
        if held := self._held.pop(name, None):
            held[1].stop()
