"""The one error family of porter: what went wrong, where, and the cure."""

from __future__ import annotations


class PorterError(Exception):
    """Something the user can mend.

    `what` is one sentence; `where` a path or place (`workloads/0/port`, a file, a command);
    `cure` what to do about it. `porter.cli` turns it into text on stderr and exit code 1;
    libraries only raise it.
    """

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        super().__init__(what, where, cure)
        self.what = what
        self.where = where
        self.cure = cure

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f" ({self.cure})" if self.cure else ""
        return f"{place}{self.what}{cure}"


class SpecError(PorterError, ValueError):
    """A specification that cannot be: `where` is the path of the offending field."""

    def below(self, segment: str | int) -> SpecError:
        """The same error seen from one level further up: `port` becomes `0/port`."""
        where = f"{segment}/{self.where}" if self.where else str(segment)
        return SpecError(self.what, where=where, cure=self.cure)
