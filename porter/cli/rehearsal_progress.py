"""Tell on stderr, phase by phase, how far a rehearsal is."""

from __future__ import annotations

import click

from porter.rehearsal.story.timeline import PHASES


class Progress:
    """A line on stderr per phase; on a terminal also the phase that is going on."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._open = False
        self._begin(PHASES[0])

    def begin(self, version: str) -> None:
        """The deployment of `version` begins."""
        self.finish()
        click.echo(f"--- {version}", err=True)
        self._begin(PHASES[0])

    def over(self, phase: str, seconds: float) -> None:
        """`phase` is over; the next one has begun."""
        self.finish()
        click.echo(f"{phase:<9}{seconds:6.2f} s", err=True)
        following = PHASES[PHASES.index(phase) + 1 :]
        if following:
            self._begin(following[0])

    def finish(self) -> None:
        """Wipe the line of the phase that is going on."""
        if self._open:
            click.echo("\r\x1b[K", err=True, nl=False)
            self._open = False

    def _begin(self, phase: str) -> None:
        if self._live:
            click.echo(f"{phase} ...", err=True, nl=False)
            self._open = True
