"""porter's errors: what failed, where, and what to do."""

from __future__ import annotations


class PorterError(Exception):
    """A failure that the user can fix.

    `what` is one sentence; `where` a path or place (`workloads/0/port`, a file, a command); `cure`
    what to do. `porter.cli` prints it on stderr and exits with 1; libraries only raise it.
    """

    def __init__(self, what: str, *, where: str = "", cure: str = "") -> None:
        super().__init__(what, where, cure)
        self.what = what
        self.where = where
        self.cure = cure

    def placed(self, where: str) -> PorterError:
        """Return the same error at `where`; a fault of this host stays one."""
        kind = HostFaultError if isinstance(self, HostFaultError) else PorterError
        return kind(self.what, where=where, cure=self.cure)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f" ({self.cure})" if self.cure else ""
        return f"{place}{self.what}{cure}"


class HostFaultError(PorterError):
    """A failure that this host may have alone: of its network, its disk, or its speed."""


class SpecError(PorterError, ValueError):
    """An invalid specification; `where` is the path of the field."""

    def below(self, segment: str | int) -> SpecError:
        """Return the same error as its parent sees it: `port` becomes `0/port`."""
        where = f"{segment}/{self.where}" if self.where else str(segment)
        return SpecError(self.what, where=where, cure=self.cure)
