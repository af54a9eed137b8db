"""See to it that one gate thread at a time watches and signals for this host."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from porter.errors import PorterError

_RETRY_SECONDS = 0.05


class LockError(PorterError):
    """Another porterd holds the lock."""


@contextmanager
def only_one(directory: Path, *, patience_seconds: float) -> Iterator[None]:
    """Hold the lock below `directory`; the kernel releases it however this process ends.

    Waits for a predecessor that is still ending. Raises `LockError` if it does not end in time.
    """
    expires = time.monotonic() + patience_seconds
    with (directory / "gate.lock").open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= expires:
                    raise LockError(
                        "another porterd watches this host", where=file.name, cure="stop it"
                    ) from None
                time.sleep(_RETRY_SECONDS)
        yield
