"""Open a folder without following a link that another user could have placed.

Splunk's tree, for example, belongs to Splunk's user, and root reads and writes files in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath

_FOLDER = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


@contextmanager
def opened(path: PurePath, *, make: bool = False) -> Iterator[int]:
    """Open the folder `path`, an absolute path; `make` creates what is missing.

    A link counts only in a folder of root or of this process's user. Else it is no folder: raises
    `NotADirectoryError`. No change of the tree in the meantime leads elsewhere.
    """
    here = os.open(path.anchor, _FOLDER)
    try:
        for name in path.parts[1:]:
            if make:
                with suppress(FileExistsError):
                    os.mkdir(name, dir_fd=here)
            below = os.open(name, _FOLDER | no_link(here), dir_fd=here)
            os.close(here)
            here = below
        yield here
    finally:
        os.close(here)


def no_link(folder: int) -> int:
    """Return the flag that follows no link, if somebody else could have placed one in `folder`."""
    return 0 if os.fstat(folder).st_uid in (0, os.geteuid()) else os.O_NOFOLLOW
