"""Pack payloads again, each in a process of its own, which ends with the rehearsal."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from porter.packing.__main__ import CHANGED
from porter.packing.recipe import Recipe
from porter.rehearsal.local import keeper
from porter.rehearsal.local.interruption import held_back


class NotPacked(Exception):  # noqa: N818 - an outcome, shown to the user
    """The reason; `again` if files changed while they were packed."""

    def __init__(self, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


@dataclass(frozen=True, slots=True)
class Repacked:
    """A recipe with the SHA-256 of its new payload, and the archive."""

    recipe: Recipe
    archive: Path


def pack(
    recipes: Sequence[Recipe],
    folder: Path,
    environment: Mapping[str, str],
    beat: Callable[[], None],
) -> list[Repacked]:
    """Pack the payload of each recipe into `folder`; call `beat` meanwhile.

    Raises `NotPacked`.
    """
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    with ExitStack() as stack:
        running = []
        for number, recipe in enumerate(recipes):
            recipe.write(folder, f"{number}.json")
            with held_back():
                running.append(_start(folder, number, environment))
                stack.callback(keeper.end, running[-1])
        while any(one.poll() is None for one in running):
            beat()
        codes = [one.wait() for one in running]
    for number, code in enumerate(codes):
        if code:
            said = (folder / f"{number}.err").read_text("utf-8", "replace").strip()
            raise NotPacked(said or f"exit code {code}", again=code == CHANGED)
    return [
        Repacked(
            replace(recipe, sha256=(folder / f"{number}.out").read_text()),
            folder / f"{number}.tar.xz",
        )
        for number, recipe in enumerate(recipes)
    ]


def _start(folder: Path, number: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    recipe, archive = folder / f"{number}.json", folder / f"{number}.tar.xz"
    words = (sys.executable, "-P", "-m", "porter.packing", str(recipe), str(archive))
    with (
        (folder / f"{number}.out").open("wb") as out,
        (folder / f"{number}.err").open("wb") as err,
    ):
        return keeper.start(words, out, err, cwd=folder, env=environment)
