"""One save, or several at once, on the way to the hosts."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from porter.rehearsal.fleet.host import Host
from porter.rehearsal.watch.change import Action, Change
from porter.rehearsal.watch.sources import SavedFiles


class Save:
    """Files that were saved, seen at `began`."""

    def __init__(self, began: float, files: SavedFiles, app: Path) -> None:
        self.began = began
        self.files = files
        self._saved = tuple(os.path.relpath(path, app.resolve()) for path in files.saved)

    @property
    def title(self) -> str:
        """The first file."""
        return self._saved[0] if self._saved else "a new host"

    def failed(self, action: Action, reason: str, lines: Sequence[str] = ()) -> Change:
        """Return the change that failed."""
        return self.ended(action, reason=reason, lines=lines)

    def ended(
        self,
        action: Action,
        *,
        hosts: Sequence[Host] = (),
        why: str = "",
        reason: str = "",
        lines: Sequence[str] = (),
    ) -> Change:
        """Return the change; it failed if there is a `reason`."""
        return Change(
            saved=self._saved,
            action=action,
            ok=not reason,
            seconds=time.monotonic() - self.began,
            services=tuple(dict.fromkeys(host.spec.service for host in hosts)),
            hosts=len(hosts),
            why=why,
            reason=reason,
            lines=tuple(lines),
        )
