"""Write docs/adr/index.md, the list of decisions: `python -m tests.site.decisions`."""

from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "adr"
PAGE = FOLDER / "index.md"
INTRODUCTION = """\
# Decisions

Why porter is as it is.
Each page has the context of a decision, the decision, what was refused, and the consequences.
A later decision may change an earlier one, and says so.

"""


def page() -> str:
    """Return the whole page."""
    rows = []
    for decision in sorted(FOLDER.glob("[0-9]*.md")):
        number, _, title = (
            decision.read_text().partition("\n")[0].removeprefix("# ").partition(". ")
        )
        rows.append(f"| {number.lstrip('0')} | [{title}]({decision.name}) |\n")
    return f"{INTRODUCTION}| | decision |\n|---|---|\n{''.join(rows)}"


if __name__ == "__main__":
    PAGE.write_text(page())
