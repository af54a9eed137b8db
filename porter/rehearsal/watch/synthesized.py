"""Take the payloads that a synthesis has packed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from porter.build.assets import payloads
from porter.packing.recipe import Recipe
from porter.rehearsal.watch.packer import Repacked


def synthesized(assembly: Path, recipes: Iterable[Recipe], folder: Path) -> list[Repacked]:
    """Return the payloads of `assembly`; `folder` gets other names of its files.

    The next synthesis removes the assembly. With lookups, the CLI may have run the app twice, so a
    recipe without a payload is left out.
    """
    for old in folder.glob("synthesized-*"):
        old.unlink()
    files = {one.sha256: one.file for one in payloads(assembly)}
    packed = []
    for number, recipe in enumerate(recipes):
        if file := files.get(recipe.sha256):
            copy = folder / f"synthesized-{number}"
            copy.hardlink_to(file)
            packed.append(Repacked(recipe, copy))
    return packed
