"""The record of this host's signal on disk: what porterd intended to send, and the outcome."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from porter.aws.clock import now
from porter.aws.wait_handle import Signal
from porter.spec import SpecError, dumps, loads

_log = logging.getLogger(__name__)

STATES = ("none", "intended", "sent", "finished", "failed")
HOOKS = ("none", "continuing", "continued", "abandoning", "abandoned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The state of the signal; times are epoch seconds.

    `none` -> `intended` -> `sent` (accepted at `at`), `finished` (the handle has expired or its
    stack is gone) or `failed` (given up). `started_at` is when EC2 launched this host, as far as
    porterd knows; `handle` identifies the wait handle without revealing its URL. `hook` is how far
    the launching hook is: asked to be completed, or completed, in one of two ways.
    """

    started_at: float
    handle: str
    state: str = "none"
    status: str | None = None
    unique_id: str = ""
    reason: str = ""
    first_healthy_at: float | None = None
    healthy_at: float | None = None
    at: float | None = None
    hook: str = "none"

    def __post_init__(self) -> None:
        for name, value, known in (("state", self.state, STATES), ("hook", self.hook, HOOKS)):
            if value not in known:
                raise SpecError(f"must be one of {', '.join(known)}", where=name)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to send."""
        return self.state in ("sent", "finished", "failed")

    def signal(self, data: str) -> Signal:
        """The signal that this record intends: the same bytes on every call."""
        status: Literal["SUCCESS", "FAILURE"] = "SUCCESS" if self.status == "SUCCESS" else "FAILURE"
        return Signal(status, unique_id=self.unique_id, reason=self.reason, data=data)


class Journal:
    """`signal.json` in porterd's state directory, for the handle at `handle_url`."""

    def __init__(self, directory: Path, handle_url: str) -> None:
        self._path = directory / "signal.json"
        self._handle = hashlib.sha256(handle_url.encode()).hexdigest()[:16]

    def open(self, launched_at: Callable[[], float]) -> Record:
        """Return the record on disk, or write a fresh one that counts from the launch.

        A record that is unreadable or belongs to another handle counts as none: an image made of a
        host that had signalled contains such a record. The gate then judges anew. A second signal
        is harmless: its `UniqueId` is the instance id, and CloudFormation ignores a repeated one.
        """
        left = self._read()
        if left and left.handle == self._handle:
            return left
        fresh = replace(self.fresh(), started_at=launched_at())
        self.write(fresh)
        return fresh

    def fresh(self) -> Record:
        """The record of a porterd that starts for the first time."""
        return Record(started_at=now(), handle=self._handle)

    def _read(self) -> Record | None:
        try:
            return loads(Record, self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, SpecError) as error:
            _log.warning("%s: %s; porterd starts anew", self._path, error)
            return None

    def write(self, record: Record) -> None:
        """Replace the record, atomically and durably.

        A full disk is logged, not raised: a repeated signal does no harm, a missing one fails the
        deployment.
        """
        draft = self._path.with_suffix(".new")
        try:
            with draft.open("w") as file:
                file.write(dumps(record))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path)
            _sync_directory(self._path.parent)
        except OSError as error:
            _log.error("%s: cannot write the record: %s", self._path, error.strerror)


def _sync_directory(directory: Path) -> None:
    """Make a rename survive a power cut: Linux requires the directory to be synchronized too."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
