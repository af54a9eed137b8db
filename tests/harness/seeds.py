"""One seed for every random choice of a test run: fixed, but random where all tests run."""

import os
import random

from tests.harness.effort import ALL, effort

FIXED = 20


def seed() -> int:
    """Return PORTER_TEST_SEED, which repeats a run; without it the seed of this run's effort.

    It is set in the environment, where the workers of the run find it.
    """
    own = random.SystemRandom().randrange(10**6) if effort() == ALL else FIXED
    return int(os.environ.setdefault("PORTER_TEST_SEED", str(own)) or own)
