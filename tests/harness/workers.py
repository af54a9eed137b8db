"""Which tests share a worker: those of one module, so that its fixtures are made once."""

from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/failures/", "tests/booted/one_host/")
"""Folders whose modules share a fixture of the session, such as one booted host."""


class Groups(LoadScopeScheduling):
    """Gives a worker whole modules, and each folder of `TOGETHER` as a whole."""

    def _split_scope(self, nodeid: str) -> str:
        folder = next((one for one in TOGETHER if nodeid.startswith(one)), "")
        return folder or str(nodeid).partition("::")[0]
