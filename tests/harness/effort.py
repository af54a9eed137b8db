"""How much a test run repeats: little by default, more in CI, everything for a release."""

import os

QUICK, CI, ALL = "quick", "ci", "all"
EFFORTS = (QUICK, CI, ALL)


def effort() -> str:
    """Return PORTER_TEST_EFFORT, one of `EFFORTS`; without the variable, `quick`.

    Raises ValueError if the variable has another value.
    """
    said = os.environ.get("PORTER_TEST_EFFORT") or QUICK
    if said not in EFFORTS:
        raise ValueError(f"PORTER_TEST_EFFORT={said}: choose one of {', '.join(EFFORTS)}")
    return said


def repeats(ci: int, all: int, quick: int | None = None) -> int:  # noqa: A002 - the effort's name
    """Return the number of a test's repetitions; a quick run makes `quick`, or as many as CI."""
    return {QUICK: ci if quick is None else quick, CI: ci, ALL: all}[effort()]
