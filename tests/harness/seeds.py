"""The seed of all random choices in a test run: fixed, but random in a run of all tests."""

import os
import random

from tests.harness.effort import ALL, effort

FIXED = 20


def seed() -> int:
    """Return PORTER_TEST_SEED, which repeats a run; by default, the seed of the run's effort.

    The variable is set, so that the workers of the run use the same seed.
    """
    own = random.SystemRandom().randrange(10**6) if effort() == ALL else FIXED
    return int(os.environ.setdefault("PORTER_TEST_SEED", str(own)) or own)
