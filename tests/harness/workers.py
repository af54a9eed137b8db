"""Which tests share a worker: those of a module, whose fixtures are made once."""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/failures/", "tests/booted/one_host/")
"""Folders that share a fixture of the session: all rehearsals of rows, or one booted host."""


class Groups(LoadScopeScheduling):
    """Modules, and the folders of `TOGETHER`, go to a worker as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((one for one in TOGETHER if nodeid.startswith(one)), "")
        return folder or str(nodeid).partition("::")[0]
