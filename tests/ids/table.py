"""The committed table of test ids: where each test of the base went, and in which tier it is.

`python -m tests.ids.table write` makes table.tsv again, `check` compares it with what pytest
collects. The first column never changes: no test is lost. renames.tsv says where ids went: each
line is the beginning of an old id, what replaces it, and why. A replacement that is a whole id
stands for every old id with that beginning: these tests were merged.
"""

import contextlib
import io
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
TABLE, RENAMES = FOLDER / "table.tsv", FOLDER / "renames.tsv"
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


def renames() -> list[tuple[str, str]]:
    """Return beginnings of old ids and what replaces them, the longest first."""
    lines = [line for line in RENAMES.read_text("utf-8").splitlines() if line[:1] not in ("", "#")]
    pairs = [(old, new) for old, new, _why in (line.split("\t") for line in lines)]
    return sorted(pairs, key=lambda pair: -len(pair[0]))


def placed(old: str, tiers: dict[str, str], rules: list[tuple[str, str]]) -> str:
    """Return the new id of `old`, empty if no rule leads to a test that exists."""
    candidates = [old]
    for beginning, new in rules:
        if old.startswith(beginning):
            candidates += [new + old.removeprefix(beginning), new]
    return next((one for one in candidates if one in tiers), "")


def write(olds: list[str]) -> list[str]:
    """Write the table, and return the old ids for which renames.tsv lacks a line."""
    tiers, rules = collected(), renames()
    lines, lost = [], []
    for old in olds:
        new = placed(old, tiers, rules)
        lines.append(f"{old}\t{SAME if new == old else new or LOST}\t{tiers.get(new, LOST)}\n")
        if not new:
            lost.append(old)
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
    # A file of ids, one a line, begins the table.
    given = [Path(name).read_text("utf-8").splitlines() for name in sys.argv[2:]]
    base = [line for line in given[0] if "::" in line] if given else [old for old, _, _ in rows()]
    wrong = write(base) if sys.argv[1] == "write" else check()
    print(*wrong[:50], f"{len(wrong)} of {len(base)} ids are wrong", sep="\n")  # noqa: T201
    sys.exit(bool(wrong))
