"""The one signal on disk: what was intended, and what became of it."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from porter.aws.wait_handle import Signal
from porter.daemon.clock import now
from porter.spec import SpecError, dumps, loads

_log = logging.getLogger(__name__)

_STATES = ("none", "intended", "sent", "finished", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The signal's story so far; times are epoch seconds.

    `none` -> `intended` -> `sent` (accepted at `at`), `finished` (nobody listens any more) or
    `failed` (given up). `started_at` is when this host was launched, as far as it is known;
    `handle` tells wait handles apart without giving the URL away.
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

    def __post_init__(self) -> None:
        if self.state not in _STATES:
            raise SpecError(f"must be one of {', '.join(_STATES)}", where="state")

    @property
    def settled(self) -> bool:
        """Whether there is nothing left to send, ever."""
        return self.state in ("sent", "finished", "failed")

    def signal(self, data: str) -> Signal:
        """The signal that this record intends: the same whenever it is asked for."""
        status: Literal["SUCCESS", "FAILURE"] = "SUCCESS" if self.status == "SUCCESS" else "FAILURE"
        return Signal(status, unique_id=self.unique_id, reason=self.reason, data=data)


class Journal:
    """`signal.json` in porterd's state directory, for the handle at `handle_url`."""

    def __init__(self, directory: Path, handle_url: str) -> None:
        self._path = directory / "signal.json"
        self._handle = hashlib.sha256(handle_url.encode()).hexdigest()[:16]

    def open(self, launched_at: Callable[[], float]) -> Record:
        """The record as it was left, or a fresh one, written down: time counts from the launch.

        A file that makes no sense counts as none. The gate then judges anew, and a second signal
        is harmless: its `UniqueId`, the instance id, is the same, and CloudFormation ignores it.
        So does one of another handle: it came with an image made of a host that had signalled.
        """
        left = self._read()
        if left and left.handle == self._handle:
            return left
        fresh = replace(self.fresh(), started_at=launched_at())
        self.write(fresh)
        return fresh

    def fresh(self) -> Record:
        """The record of a porterd that starts now for the first time."""
        return Record(started_at=now(), handle=self._handle)

    def _read(self) -> Record | None:
        try:
            return loads(Record, self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, SpecError) as error:
            _log.warning("%s: %s; starting anew", self._path, error)
            return None

    def write(self, record: Record) -> None:
        """Replace the record, atomically and durably.

        A full disk is logged, not raised: a repeated signal does no harm, a withheld one fails
        the deployment.
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
            _log.error("%s: %s", self._path, error.strerror)


def _sync_directory(directory: Path) -> None:
    """Make a rename survive a power cut: on Linux that needs the directory synchronized too."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
