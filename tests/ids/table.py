"""The committed table of test ids: where each test of the base went, and in which tier it is.

Each row is an id of the base, its id today (`=` for the same) and its tier. The first column never
changes: no test is lost. `python -m tests.ids.table check` compares the table with what pytest
collects at the effort of a release. After a rename, correct the second column by hand, or run
`python -m tests.ids.table write OLD NEW`, which replaces the beginning OLD of today's ids by NEW.
`write` alone brings the tiers up to date.
"""

import contextlib
import io
import os
import sys
from pathlib import Path

import pytest

from tests.harness.effort import ALL

FOLDER = Path(__file__).parent
TABLE = FOLDER / "table.tsv"
TIERS = ("exhaustive", "machines")
SAME, LOST = "=", "?"


class _Collector:
    def __init__(self) -> None:
        self.tiers: dict[str, str] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            marked = [tier for tier in TIERS if item.get_closest_marker(tier)]
            self.tiers[item.nodeid] = (*marked, "test")[0]


def collected() -> dict[str, str]:
    """Return the tier of each test id that pytest collects here. Raises RuntimeError."""
    os.environ["PORTER_TEST_EFFORT"] = ALL
    collector = _Collector()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = pytest.main(["--collect-only", "-q", str(FOLDER.parent)], plugins=[collector])
    if code != pytest.ExitCode.OK:
        raise RuntimeError(said.getvalue())
    return collector.tiers


def rows() -> list[tuple[str, str, str]]:
    """Return the committed rows: old id, new id, tier."""
    lines = TABLE.read_text("utf-8").splitlines()
    found = [line.split("\t") for line in lines]
    return [(old, old if new == SAME else new, tier) for old, new, tier in found]


def write(old: str, new: str) -> list[str]:
    """Write the table, with `new` for `old` where ids of today begin so; return the lost ids."""
    tiers, lines, lost = collected(), [], []
    for base, today, _ in rows():
        found = new + today.removeprefix(old) if old and today.startswith(old) else today
        lines.append(f"{base}\t{SAME if found == base else found}\t{tiers.get(found, LOST)}\n")
        if found not in tiers:
            lost.append(found)
    TABLE.write_text("".join(lines), "utf-8")
    return lost


def check() -> list[str]:
    """Return what is wrong with the table: ids that do not exist, or are in another tier."""
    tiers = collected()
    return [
        f"{new}: the table says {tier}, pytest {tiers.get(new, 'has no such test')}"
        for _, new, tier in rows()
        if tiers.get(new) != tier
    ]


if __name__ == "__main__":
    command, old, new = [*sys.argv[1:], "", ""][:3]
    wrong = write(old, new) if command == "write" else check()
    print(*wrong[:50], f"{len(wrong)} of {len(rows())} ids are wrong", sep="\n")  # noqa: T201
    sys.exit(bool(wrong))
