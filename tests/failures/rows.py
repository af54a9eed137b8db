"""What a row of the table is, and how it becomes an app and a command line."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from porter.rehearsal.faults import Fault
from tests.booted.tiny_image import TinyImage
from tests.harness.sandbox import Sandbox

_CHECK = 'health_check=HealthCheck("/health"),'
_LIMIT = "200"
_ANY = "\N{HORIZONTAL ELLIPSIS}"

BOOT_SECONDS = 40
"""What booting and installing packages may take on a busy machine: alone, 6 to 10."""

BOOTED_TIMEOUT = 150
"""Seconds until CloudFormation gives up on a booted machine, where nothing waits for that."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One rehearsal of the template.

    `main` replaces `service/main.py`, `edits` are made in `app.py`, `timeout` is the wait
    condition's in seconds, `within` is how many seconds after the last host's boot began or ended
    (after the call, where there is none) the command must have told the result. `machine` is the
    kind of its hosts. With `image` there is a container's image, `image.tar`.
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

    def booted(self) -> Self:
        """The same on a booted machine, which takes its time to boot."""
        waits = self.within >= self.timeout
        timeout = self.timeout + BOOT_SECONDS if waits else max(self.timeout, BOOTED_TIMEOUT)
        within = self.within + BOOT_SECONDS
        return replace(self, machine="systemd", timeout=timeout, within=within)

    def make(self, sandbox: Sandbox) -> Path:
        """The app's folder."""
        app = sandbox.app(self.name)
        if self.main:
            (app / "service/main.py").write_text(self.main, "utf-8")
        text = (app / "app.py").read_text("utf-8")
        if self.image:
            TinyImage.build().save(app / "image.tar")
        limit = f"{_CHECK} timeout=cdk.Duration.seconds({self.timeout}),"
        for old, new in ((_CHECK, limit), *self.edits):
            assert old in text, old
            text = text.replace(old, new)
        (app / "app.py").write_text(text, "utf-8")
        return app

    @property
    def options(self) -> tuple[str, ...]:
        """The arguments of `porter rehearse`."""
        faults = (word for fault in self.faults for word in ("--fault", fault))
        kind = ("--machine", self.machine)
        return (*(() if self.as_text else ("--json",)), "--timeout", _LIMIT, *kind, *faults)


@dataclass(frozen=True, kw_only=True)
class Failure(Case):
    """A rehearsal that must fail, and what the documentation says of it.

    `seen` is what the command prints, with an ellipsis for whatever differs from run to run.
    Without `booted_too` it is rehearsed on machines that are played, and on no others.
    """

    seen: str
    why: str
    cure: str
    booted_too: bool = True
    signals: tuple[str, ...] = ("FAILURE",)

    def booted(self) -> Self:
        """The same on a booted machine; porterd's patience grows with the time-out."""
        row = super().booted()
        return replace(row, seen=self.seen.replace(self._patience, row._patience))

    @property
    def _patience(self) -> str:
        return f"within {self.timeout * 0.75:g} s"

    def is_seen_in(self, text: str) -> bool:
        """Whether `text` says what `seen` promises."""
        return says(text, self.seen)


@dataclass(frozen=True, kw_only=True)
class Told:
    """A reason on the page that a test with a rehearsal of its own observes (`told`)."""

    name: str
    seen: str
    why: str
    cure: str

    def is_seen_in(self, text: str) -> bool:
        """Whether `text` says what `seen` promises."""
        return says(text, self.seen)


def says(text: str, seen: str) -> bool:
    """Whether `text` has the parts of `seen`, in their order."""
    parts = (re.escape(part) for part in seen.split(_ANY))
    return re.search(".*".join(parts), text, re.DOTALL) is not None


@dataclass(frozen=True, kw_only=True)
class Success(Case):
    """A rehearsal that must succeed, however odd."""
