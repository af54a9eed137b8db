"""Tell what a saved file is for: a payload, the app itself, or neither."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from porter.packing.files import IGNORED, matches
from porter.packing.recipe import Recipe

TEMPORARY = (
    *("*~", ".#*", "#*#", ".*.sw?", "4913", ".*.kate-swp", ".goutputstream-*"),
    *("*___jb_tmp___", "*___jb_old___"),
)
"""Files that editors make beside the edited one: emacs, vim, kate, GNOME, JetBrains."""

_NOT_OURS = (*IGNORED, ".*", "node_modules")
"""Outside of every source: by-products of other programs, and libraries. `cdk watch` agrees."""

_OF_THE_CDK = ("cdk.json", "cdk.context.json")


@dataclass(frozen=True, slots=True)
class SavedFiles:
    """Saved files: those that `recipes` pack, and those that need a synthesis."""

    recipes: list[Recipe] = field(default_factory=list)
    packed: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)

    @property
    def saved(self) -> list[Path]:
        """All of them."""
        return [*self.packed, *self.others]


class Sources:
    """The files of the app in the folder `app`, whose payloads were packed by `recipes`."""

    def __init__(self, app: Path, recipes: Iterable[Recipe]) -> None:
        self._app = app.resolve()
        recipes = list(recipes)
        self._packed = [
            (part.folder.resolve(), (*IGNORED, *part.exclude), recipe)
            for recipe in recipes
            for part in recipe.parts.values()
            if part.folder
        ]
        self.modules = {path for recipe in recipes for path in recipe.modules}

    @property
    def folders(self) -> list[Path]:
        """The folders to look at, none below another one that shows it."""
        there = dict.fromkeys([self._app, *(folder for folder, _, _ in self._packed)])
        return [one for one in there if not any(self._shows(other, one) for other in there)]

    @property
    def single(self) -> list[Path]:
        """The files to look at that are in none of these folders."""
        folders = self.folders
        files = [folder for folder in folders if folder.is_file()]
        return files + [
            path for path in self.modules if not any(self._shows(one, path) for one in folders)
        ]

    def skips(self, path: str) -> bool:
        """Return whether nothing in the folder `path` counts."""
        here = Path(path)
        inside = any(
            folder == here or folder in here.parents or here in folder.parents
            for folder, _, _ in self._packed
        )
        return matches(PurePosixPath(here.name), IGNORED if inside else _NOT_OURS)

    def sort(self, changed: Iterable[Path]) -> SavedFiles:
        """Return what `changed` files are for; the ignored ones are left out."""
        found = SavedFiles()
        for path in sorted(changed):
            owners = list(self._owners(path))
            if self._is_app(path, inside=bool(owners)):
                found.others.append(path)
            elif any(owners):
                found.packed.append(path)
                found.recipes.extend(
                    one for one in owners if one is not None and one not in found.recipes
                )
        return found

    def _owners(self, path: Path) -> Iterator[Recipe | None]:
        """Yield the recipe of each source that holds `path`; None if the source excludes it."""
        for folder, ignored, recipe in self._packed:
            if path == folder:
                yield recipe
            elif folder in path.parents:
                below = PurePosixPath(path.relative_to(folder))
                left_out = _match(below, (*ignored, *TEMPORARY))
                yield None if left_out else recipe

    def _is_app(self, path: Path, *, inside: bool) -> bool:
        if path in self.modules or (path.parent == self._app and path.name in _OF_THE_CDK):
            return True
        if inside or self._app not in path.parents:
            return False
        return not _match(PurePosixPath(path.relative_to(self._app)), (*_NOT_OURS, *TEMPORARY))

    def _shows(self, folder: Path, other: Path) -> bool:
        """Return whether a walk through `folder` comes to `other`."""
        between = [one for one in other.parents if folder in one.parents]
        return folder in other.parents and not any(self.skips(str(one)) for one in between)


def _match(path: PurePosixPath, globs: Iterable[str]) -> bool:
    return any(matches(one, tuple(globs)) for one in (path, *path.parents[:-1]))
