"""Change the critical modules at random, and check that their tests fail: `make mutants`.

No maintained tool fits: mutmut selects its mutants by a variable of the environment, which the
processes that our tests start (porterd, the bootstrap) do not inherit; cosmic-ray takes a file of
settings and a database for each module.
"""

from __future__ import annotations

import argparse
import random
import secrets
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from tests.mutation.equivalents import EQUIVALENT
from tests.mutation.modules import GOAL, MODULES
from tests.mutation.mutants import Mutant, mutants_of
from tests.mutation.workshop import ROOT, Run, Workshop


def main() -> None:
    """Print the score of each module; exit with 1 below the goal."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--each", type=int, default=12, help="mutants of a module (0: all)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("modules", nargs="*", default=["*"], help="patterns of paths")
    wanted = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the copies are removed then, too
    chosen = [name for name in MODULES if any(fnmatch(name, glob) for glob in wanted.modules)]
    say(f"seed {wanted.seed}; again with: make mutants SEED={wanted.seed}")
    survivors, made = 0, 0
    with Workshops(wanted.workers) as workshops:
        for module in chosen:
            mutants = sample(module, wanted.seed, wanted.each)
            runs = workshops.runs(module, mutants)
            alive = [mutant for mutant, run in zip(mutants, runs, strict=True) if run.passed]
            late = [mutant for mutant, run in zip(mutants, runs, strict=True) if run.late]
            survivors, made = survivors + len(alive), made + len(mutants)
            killed = f"{len(mutants) - len(alive)} of {len(mutants)} killed"
            say(f"{module}: {killed}, {len(late)} of them because time was up")
            for ended, those in (("survived", alive), ("time was up for", late)):
                for mutant in those:
                    say(f"  {ended} {module}:{mutant}")
    score = 1 - survivors / max(made, 1)
    say(f"{made - survivors} of {made} killed: {score:.1%}, at least {GOAL:.0%} must be")
    sys.exit(score < GOAL)


def say(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)  # noqa: T201 - a command's output


def sample(module: str, seed: int, each: int) -> list[Mutant]:
    """Draw `each` mutants of `module` that are not known to be equivalent, or all for 0."""
    known = EQUIVALENT.get(module, {}).keys()
    source = (ROOT / module).read_text()
    able, used, lines = [], set(), source.splitlines()
    for mutant in mutants_of(source):
        change = f"{mutant.before} -> {mutant.after}"
        excused = known & {change, f"{lines[mutant.line - 1].strip()}: {change}"}
        used |= excused
        if not excused:
            able.append(mutant)
    if stale := known - used:
        sys.exit(f"{module}: equivalents.py excuses what is no mutant any more: {stale}")
    if not each or each >= len(able):
        return able
    return random.Random(f"{seed} {module}").sample(able, each)  # noqa: S311 - a seed, no secret


class Workshops:
    """Several copies of the source tree, in each of which one mutant lives at a time."""

    def __init__(self, count: int) -> None:
        self._free: SimpleQueue[Workshop] = SimpleQueue()
        self._all = [Workshop() for _ in range(count)]
        for workshop in self._all:
            self._free.put(workshop)
        self._threads = ThreadPoolExecutor(count)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)
        for workshop in self._all:
            workshop.close()

    def runs(self, module: str, mutants: list[Mutant]) -> list[Run]:
        """Return what the tests of `module` said of each mutant."""
        tests = MODULES[module]
        healthy = self._all[0].run(tests, 600)
        if not healthy.passed:
            sys.exit(f"{module}: its tests fail without a mutant:\n{healthy.output}")
        bound = healthy.seconds * 3 + 60

        def tried(mutant: Mutant) -> Run:
            workshop = self._free.get()
            try:
                with workshop.changed(Path(module), mutant.text):
                    return workshop.run(tests, bound)
            finally:
                self._free.put(workshop)

        return list(self._threads.map(tried, mutants))


if __name__ == "__main__":
    main()
