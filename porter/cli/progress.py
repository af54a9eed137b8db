"""Show on stderr how a rehearsal goes."""

from __future__ import annotations

import shutil
import time

import click

from porter.rehearsal.story.report_text import BAR, styled
from porter.rehearsal.story.timeline import PHASES

_QUIET_SECONDS = 10.0
"""The longest silence where stderr is no terminal: a log needs no line for each second."""


class ShownProgress:
    """Prints a line for each ended phase; meanwhile, a clock and what the host reports.

    On a terminal (`live`) the clock runs in a line of its own, and each phase has a bar, one mark a
    second. Elsewhere the clock is a new line from time to time, indented.
    """

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._phase = PHASES[0]
        self._zero = time.monotonic()
        self._began = self._printed = time.monotonic()
        self._shown = ""
        self._begin(PHASES[0])

    def begin(self, version: str) -> None:
        """Print that the deployment of `version` begins."""
        self.says(f"--- {version}")
        self._zero = time.monotonic()
        self._begin(PHASES[0])

    def over(self, phase: str, seconds: float) -> None:
        """Print that `phase` ended after `seconds`, and begin the next one."""
        self.says(f"{phase:<9}{seconds:6.2f} s{self._bar(seconds)}")
        following = PHASES[PHASES.index(phase) + 1 :]
        if following:
            self._begin(following[0])

    def sees(self, what: str) -> None:
        """Show the clock and `what` the host that is waited for reports."""
        now = time.monotonic()
        text = f"{self._phase} ...{now - self._began:4.0f} s  {' '.join(what.split())}".rstrip()
        if self._live:
            self._show(text)
        elif now - self._printed >= _QUIET_SECONDS:
            self._printed = now
            click.echo(f"  {text}", err=True)

    def says(self, line: str) -> None:
        """Print `line`, which stays."""
        self.finish()
        click.echo(line, err=True)

    def finish(self) -> None:
        """Erase the line of the current phase."""
        if self._shown:
            click.echo("\r\x1b[K", err=True, nl=False, color=True)
            self._shown = ""

    def _bar(self, seconds: float) -> str:
        """Return where on the timeline the last `seconds` are; nothing in a log."""
        if not self._live:
            return ""
        left = min(BAR - 1, round(max(0.0, time.monotonic() - self._zero - seconds)))
        width = min(BAR - left, max(1, round(seconds)))
        return f"  {' ' * left}{styled('█' * width, 'good', color=True)}"

    def _begin(self, phase: str) -> None:
        self._phase = phase
        self._began = self._printed = time.monotonic()
        if self._live:
            self._show(f"{phase} ...")

    def _show(self, text: str) -> None:
        """Replace the current line; a longer one would wrap, and stay."""
        text = text[: shutil.get_terminal_size().columns - 1]
        if text != self._shown:
            click.echo(f"\r\x1b[K{text}", err=True, nl=False, color=True)
            self._shown = text
