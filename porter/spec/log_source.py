"""The logs of a host that an agent can send."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from porter.spec.check import refuse

_UNIT = re.compile(r"[A-Za-z0-9:_.@-]+\.[a-z]+")
_FILE = re.compile(r"/[^\x00-\x20\x7f\[\]]*[^\x00-\x20\x7f\[\]/]")
_GROUP = re.compile(r"[a-z_][a-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Journal:
    """The host's journal.

    units: the units whose lines are sent, such as `["porter-web.service"]`. Default: all of it.
    """

    units: tuple[str, ...] = ()
    kind: Literal["journal"] = field(default="journal", init=False)

    def __post_init__(self) -> None:
        if isinstance(self.units, str):
            raise refuse("units", "must be a list of units", cure=f'write ["{self.units}"]')
        object.__setattr__(self, "units", tuple(self.units))
        for index, unit in enumerate(self.units):
            if not isinstance(unit, str) or not _UNIT.fullmatch(unit):
                raise refuse(
                    f"units/{index}",
                    f"is not the name of a systemd unit: {unit!r}",
                    cure="write the full name: porter-web.service",
                )


@dataclass(frozen=True, slots=True)
class HaproxyLog:
    """HAProxy's log: one line for each request."""

    kind: Literal["haproxy"] = field(default="haproxy", init=False)


@dataclass(frozen=True, slots=True)
class Containers:
    """The output of the service's containers."""

    kind: Literal["containers"] = field(default="containers", init=False)


@dataclass(frozen=True, slots=True)
class Files:
    """A file on the host.

    path: the absolute path. Its last part may hold the agent's own wildcards.
    group: a group that may read the file (`adm` for most of `/var/log` in Debian). The agent's user
        joins it. Default: none, which suffices for a file that everybody may read.
    """

    path: str
    group: str = ""
    kind: Literal["files"] = field(default="files", init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.path, str) or not _FILE.fullmatch(self.path):
            raise refuse("path", f"must be an absolute path without spaces, got {self.path!r}")
        if self.group and not _GROUP.fullmatch(self.group):
            raise refuse("group", f"is not the name of a group: {self.group!r}")


LogSource = Journal | HaproxyLog | Containers | Files
"""A log that an agent can send; `kind` identifies its type."""


def check_sources(field: str, sources: tuple[LogSource, ...]) -> None:
    """Check that every source occurs once: an agent would send repeated lines twice."""
    for index, source in enumerate(sources):
        if not isinstance(source, LogSource):
            raise refuse(f"{field}/{index}", f"must be a log source, got {source!r}")
        if source in sources[:index]:
            raise refuse(f"{field}/{index}", "is listed twice", cure="remove one")
