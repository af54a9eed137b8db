"""The report of `porter host apply`: what it did or, in a dry run, would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from porter.host.core.steps import Steps

NOTHING = "nothing to do"


@dataclass(frozen=True, slots=True)
class PhaseReport:
    """The steps of one phase, notes on what it left out, and how long it took (None: dry run)."""

    phase: str
    steps: Steps
    notes: tuple[str, ...]
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """All phases, the name of the operating system, and notes on what was left out."""

    dry_run: bool
    system: str
    phases: tuple[PhaseReport, ...]
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether any phase had a step."""
        return any(report.steps for report in self.phases)

    @property
    def ending(self) -> tuple[str, ...]:
        """The lines to print after the steps: notes, then the time of each phase."""
        notes = tuple(f"note: {note}" for note in self.notes)
        if not self.changed:
            return (*notes, NOTHING)
        return notes if self.dry_run else (*notes, self._timing())

    def as_json(self) -> dict[str, Any]:
        """The report as JSON; `seconds` are null in a dry run."""
        return {
            "dry_run": self.dry_run,
            "system": self.system,
            "changed": self.changed,
            "phases": [
                {
                    "phase": report.phase,
                    "seconds": None if report.seconds is None else round(report.seconds, 3),
                    "steps": [step.as_json() for step in report.steps],
                }
                for report in self.phases
            ],
            "notes": list(self.notes),
        }

    def _timing(self) -> str:
        spent = {report.phase: report.seconds or 0.0 for report in self.phases}
        each = ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in spent.items())
        return f"applied in {sum(spent.values()):.2f} s: {each}"
