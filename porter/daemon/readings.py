"""The secrets that porterd read since the boot, for its next start."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from porter.daemon.kept import keep, kept

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The value `text` of a program's secret, read at `read_at` (epoch).

    `held` is the value that the last apply or boot had fetched.
    """

    owner: str
    name: str
    text: str = field(repr=False)
    held: str = field(repr=False)
    read_at: float

    @property
    def is_valid(self) -> bool:
        """Whether each field has its type: a file may hold anything."""
        texts = (self.owner, self.name, self.text, self.held)
        return all(isinstance(one, str) for one in texts) and isinstance(self.read_at, float)


def keep_readings(path: Path, readings: Iterable[Reading]) -> None:
    """Write `readings`; a failure is logged."""
    keep(path, [asdict(one) for one in readings])


def kept_readings(path: Path) -> list[Reading]:
    """Return what `keep_readings` wrote; none without a valid file."""
    try:
        readings = [Reading(**one) for one in kept(path) or ()]
    except TypeError:
        readings = []
    else:
        if all(one.is_valid for one in readings):
            return readings
    _log.warning("%s: is not valid; porterd reads secrets again", path)
    return []
