"""A row of the table, and its app and command line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest

from porter.rehearsal.faults import Fault
from tests.booted.tiny_image import TinyImage
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once

_CHECK = 'health_check=HealthCheck("/health"),'
_LIMIT = "200"
_ANY = "\N{HORIZONTAL ELLIPSIS}"

QUICK, CI, RELEASE = "test", "machines", "exhaustive"
_MARKS = {QUICK: (), CI: pytest.mark.machines, RELEASE: pytest.mark.exhaustive}

BOOT_SECONDS = 40
"""The maximum for a boot with packages on a busy machine; on an idle one it takes 6 to 10 s."""

BOOTED_TIMEOUT = 150
"""Seconds until CloudFormation gives up on a booted machine, if no row waits for that."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One rehearsal of the template.

    `main` replaces `service/main.py`, `edits` are made in `app.py`. `machine` is the kind of hosts.
    `timeout` is the wait condition's, in seconds. `within` bounds how long the command takes to
    report the result, in seconds, counted from the boot of the last host (from the call, if no host
    boots). With `image`, the app's folder has an image `image.tar`. `tier` says which run
    rehearses the row.
    """

    name: str
    machine: str = "process"
    main: str = ""
    edits: tuple[tuple[str, str], ...] = ()
    timeout: int = 60
    faults: tuple[Fault, ...] = ()
    within: float = 15.0
    as_text: bool = False
    image: bool = False
    tier: str = CI

    def booted(self) -> Self:
        """Return the row for a booted machine, with a longer time-out."""
        waits = self.within >= self.timeout
        timeout = self.timeout + BOOT_SECONDS if waits else max(self.timeout, BOOTED_TIMEOUT)
        within = self.within + BOOT_SECONDS
        return replace(self, machine="systemd", timeout=timeout, within=within)

    def make(self, sandbox: Sandbox) -> Path:
        """Create and synthesize the app in its folder."""
        app = sandbox.app(self.name)
        if self.main:
            (app / "service/main.py").write_text(self.main, "utf-8")
        if self.image:
            TinyImage.build().save(app / "image.tar")
        limit = f"{_CHECK} timeout=cdk.Duration.seconds({self.timeout}),"
        edit(app, (_CHECK, limit), *self.edits)
        return synthesize_once(app)

    @property
    def options(self) -> tuple[str, ...]:
        """Return the arguments of `porter rehearse`."""
        faults = (word for fault in self.faults for word in ("--fault", fault))
        kind = ("--machine", self.machine)
        return (*(() if self.as_text else ("--json",)), "--timeout", _LIMIT, *kind, *faults)


@dataclass(frozen=True, kw_only=True)
class Failure(Case):
    """A rehearsal that must fail, and what the documentation says about the failure.

    `seen` is what the command prints; an ellipsis stands for what differs from run to run. `why`
    and `cure` follow it on the page. Without `booted_too`, no booted machine rehearses the row.
    `status` is the stack's at the end.
    """

    seen: str
    why: str
    cure: str
    booted_too: bool = True
    signals: tuple[str, ...] = ("FAILURE",)
    status: str = "ROLLBACK_COMPLETE"

    def booted(self) -> Self:
        """Return the row for a booted machine; porterd's limit grows with the time-out."""
        row = super().booted()
        return replace(row, seen=self.seen.replace(self._patience, row._patience))

    @property
    def _patience(self) -> str:
        return f"within {self.timeout * 0.75:g} s"

    def is_seen_in(self, text: str) -> bool:
        """Return whether `text` contains the parts of `seen`."""
        return says(text, self.seen)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A reason on the page that another test observes in its own rehearsal (`told`)."""

    name: str
    seen: str
    why: str
    cure: str

    def is_seen_in(self, text: str) -> bool:
        """Return whether `text` contains the parts of `seen`."""
        return says(text, self.seen)


@dataclass(frozen=True, kw_only=True)
class Refusal(Told):
    """The template with `edits`, which synthesis refuses with a traceback that contains `seen`."""

    edits: tuple[tuple[str, str], ...]

    def make(self, sandbox: Sandbox) -> Path:
        """Create the app in its folder."""
        app = sandbox.app(self.name)
        edit(app, *self.edits)
        return app


@dataclass(frozen=True, kw_only=True)
class Success(Case):
    """A rehearsal that must succeed, however unusual its app is."""


def edit(app: Path, *edits: tuple[str, str]) -> None:
    """Replace each text of `edits`, which must be there, in the `app.py` of `app`."""
    text = (app / "app.py").read_text("utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    (app / "app.py").write_text(text, "utf-8")


def says(text: str, seen: str) -> bool:
    """Return whether `text` has the parts of `seen`, in their order."""
    parts = (re.escape(part) for part in seen.split(_ANY))
    return re.search(".*".join(parts), text, re.DOTALL) is not None


def tiered(cases: Iterable[Case]) -> list[object]:
    """Return the parameters for `cases`, each with its tier."""
    return [pytest.param(case, id=case.name, marks=_MARKS[case.tier]) for case in cases]
