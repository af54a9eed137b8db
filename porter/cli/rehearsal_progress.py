"""Print the progress of a rehearsal on stderr, phase by phase."""

from __future__ import annotations

import click

from porter.rehearsal.timeline import PHASES


class Progress:
    """Prints a line for each ended phase, and on a terminal the current phase too."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._open = False
        self._begin(PHASES[0])

    def begin(self, version: str) -> None:
        """Print that the deployment of `version` begins."""
        self.finish()
        click.echo(f"--- {version}", err=True)
        self._begin(PHASES[0])

    def over(self, phase: str, seconds: float) -> None:
        """Print that `phase` ended after `seconds`, and begin the next one."""
        self.finish()
        click.echo(f"{phase:<9}{seconds:6.2f} s", err=True)
        following = PHASES[PHASES.index(phase) + 1 :]
        if following:
            self._begin(following[0])

    def finish(self) -> None:
        """Erase the line of the current phase."""
        if self._open:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._open = False

    def _begin(self, phase: str) -> None:
        if self._live:
            click.echo(f"{phase} ...", err=True, nl=False)
            self._open = True
