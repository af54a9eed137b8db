"""Run the commands that make a program's files from its folder, or find their result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from porter.packing import cache
from porter.packing.files import IGNORED, below, copy, digest
from porter.packing.target import Target
from porter.packing.tools import Tool

_FORMAT = 1
"""Part of each key: a change of what porter does to results makes new ones."""


@dataclass(frozen=True, slots=True)
class Built:
    """The result of `tool` for `target`: `folder`, made from the files `inputs`, or from all."""

    folder: Path
    inputs: frozenset[str] | None
    tool: Tool
    target: Target

    def layers(self, source: Path, ignored: Sequence[str]) -> Iterator[tuple[str, Path]]:
        """Yield each name in the payload, and the folder that has the file.

        The result replaces the inputs. A folder that the commands made replaces the source's.
        """
        made = below(self.folder, ignored)
        if self.inputs is not None:
            known = {parent.as_posix() for one in self.inputs for parent in Path(one).parents}
            new = {name for name in made if (self.folder / name).is_dir() and name not in known}
            for name in below(source, ignored):
                parents = {parent.as_posix() for parent in Path(name).parents}
                if name not in self.inputs and name not in made and not parents & new:
                    yield name, source
        for name in made:
            yield name, self.folder


def build(tool: Tool, source: Path, target: Target, begins: Callable[[], object]) -> Built:
    """Return the result of `tool` in `source`: from the cache, or from its commands.

    `begins` is called before commands run. Raises `SpecError`.
    """
    files = below(source, IGNORED)
    inputs = tool.inputs(source, files)
    read = files if inputs is None else inputs
    made_of = [_FORMAT, *tool.identity(target), digest(source, read)]
    key = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()

    def make(folder: Path, lock: int) -> None:
        begins()
        copy(source, read, folder)
        tool.make(folder, target, lock)

    kept = cache.result(key, make)
    return Built(kept, None if inputs is None else frozenset(inputs), tool, target)
