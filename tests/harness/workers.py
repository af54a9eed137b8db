"""Which tests share a worker: those of one module, so that its fixtures are made once."""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/failures/", "tests/booted/one_host/")
"""Folders whose modules share a fixture of the session, such as one booted host."""

LONGEST = (
    "tests/booted/one_host/",
    "tests/failures/",
    *(
        "tests/booted/",
        "tests/hot/",
        "tests/cases/",
        "tests/robustness/",
        "tests/rehearsal/",
        "tests/packaging/",
    ),
)
"""Folders whose modules take longest: started last, they would keep one worker busy alone."""


def longest_first(nodeid: str) -> int:
    """Return the key by which tests are sorted before workers get them."""
    places = (place for place, folder in enumerate(LONGEST) if nodeid.startswith(folder))
    return next(places, len(LONGEST))


class Groups(LoadScopeScheduling):
    """Gives a worker whole modules, and each folder of `TOGETHER` as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((one for one in TOGETHER if nodeid.startswith(one)), "")
        return folder or str(nodeid).partition("::")[0]
