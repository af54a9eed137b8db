"""`python -m benchmarks.rehearsal OTHER [ROUNDS] [OPTIONS...]`: time rehearsals, here and in OTHER.

OTHER is another checkout with the same dev.lock, for example of the commit before:

    git worktree add ../before COMMIT && cp porter/bundle/bundle.tar.xz ../before/porter/bundle/
    .venv/bin/python -m benchmarks.rehearsal ../before 5 --machine systemd

Both sides rehearse `app_template` in turn, or the app in PORTER_BENCHMARK_APP, with OPTIONS of
`porter rehearse`. A first round warms the caches and does not count. It prints the median of wall
seconds, of CPU seconds (the process with all its children) and of each phase, and the median of
the ratios of each round. On a computer that does something else, believe the ratios, and those of
CPU seconds most.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

HERE = Path(__file__).parents[1]
APP = Path(os.environ.get("PORTER_BENCHMARK_APP", HERE / "app_template"))

Measured = dict[str, float]
"""Seconds, by what took them."""


def rehearse(checkout: Path, options: list[str]) -> Measured:
    """Rehearse once with the porter of `checkout`; an editable installation comes after it."""
    path = os.pathsep.join(map(str, (checkout, checkout / "constructs")))
    before, began = os.times(), time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "porter", "rehearse", "--json", *options],
        cwd=APP,
        env={**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    wall, after = time.monotonic() - began, os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    phases = {one["phase"]: one["end"] - one["start"] for one in json.loads(done.stdout)["spans"]}
    return {"wall": wall, "CPU": cpu, "phases": sum(phases.values()), **phases}


def main(other: Path, rounds: int, options: list[str]) -> None:
    """Measure, and print a line for each measure."""
    sides = {"other": other.resolve(), "here": HERE}
    measured: dict[str, dict[str, list[float]]] = {side: defaultdict(list) for side in sides}
    for number in range(rounds + 1):
        # Each side begins every other round.
        for side in sorted(sides, reverse=bool(number % 2)):
            for what, seconds in rehearse(sides[side], options).items():
                if number:
                    measured[side][what].append(seconds)
    print(f"{rounds} rounds of {APP.name} {' '.join(options)}")
    for what, its in measured["other"].items():
        mine = measured["here"][what]
        ratio = median(one / before if before else 1 for one, before in zip(mine, its, strict=True))
        print(f"{what:9} {median(its):6.2f} s -> {median(mine):6.2f} s  {ratio:5.2f}x")


if __name__ == "__main__":
    arguments = sys.argv[2:]
    count = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else 5
    main(Path(sys.argv[1]), count, arguments)
