"""The folders of a program: its home, and the state that a hot apply keeps."""

from __future__ import annotations

from dataclasses import replace

from tests.hot.host import SERVICE, HotHost

KEEPING = """\
from pathlib import Path

(Path.home() / "cache").write_text("anything")
visits = Path(os.environ["STATE_DIRECTORY"]) / "visits"
visits.open("a").write(os.environ["VERSION"])
VERSION = visits.read_text()
"""
SERVICE_WITH_STATE = SERVICE.read_text().replace('VERSION = os.environ["VERSION"]\n', KEEPING)


def test_state_outlives_hot_applies_and_each_program_has_a_home(hot: HotHost) -> None:
    for version, kept in (("2", "2"), ("3", "23")):
        [web] = hot.spec(version).workloads
        hot.release(version, SERVICE_WITH_STATE, workloads=(replace(web, state=True),))
        hot.applied()
        assert hot.page() == kept
    assert (hot.host.root / "var/cache/porter-web/cache").exists()
    assert (hot.host.root / "var/lib/porter-web/visits").read_text() == "23"
