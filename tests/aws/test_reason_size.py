"""A reason uses the kilobyte that CloudFormation shows, to the last byte."""

from __future__ import annotations

import pytest

from porter.aws.reason import LARGEST_REASON, reason_text


@pytest.mark.parametrize(
    "text", ["x" * 1024, "é" * 512, "first\n" + "y" * 1016, "a:\n" + "y" * 1021]
)
def test_a_text_that_just_fits_stays_whole(text: str) -> None:
    assert "..." not in reason_text(text)
    assert len(reason_text(text).encode()) == LARGEST_REASON
    assert "..." in reason_text(text + "z")
    assert len(reason_text(text + "z").encode()) <= LARGEST_REASON


def test_the_last_lines_stay_without_a_gap_between_them() -> None:
    lines = "\n".join(f"line {number}" for number in range(200))
    assert reason_text(f"web ended:\n{lines}").endswith("line 196 | line 197 | line 198 | line 199")


def test_a_long_first_line_leaves_room_for_the_others_or_stands_alone() -> None:
    """A few bytes of what follows would only confuse."""
    assert "| yyy" in reason_text("x" * 961 + "\n" + "y" * 500).replace("... | ", "")
    assert reason_text("x" * 962 + "\n" + "y" * 500) == "x" * 962


def test_a_long_line_between_others_leaves_them_whole() -> None:
    middle = "y" * 2000
    assert reason_text(f"it failed\nfirst\n{middle}\nlast\nlast but one") == (
        "it failed | first | ... | last | last but one"
    )
