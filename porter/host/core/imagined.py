"""The machine as a dry run imagines it: later phases see what earlier ones would write."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import PurePath

from porter.host.core.steps import ChangeUnit, MoveFile, RemoveFile, RemoveFolder, Step, WriteFile
from porter.host.core.unit_state import UnitState
from porter.host.core.view import FileState, KernelSetting, View


@dataclass(frozen=True, slots=True)
class Imagined(View):
    """The `real` machine, overlaid with the steps that were imagined."""

    real: View = field(default_factory=View)
    _files: dict[PurePath, FileState | None] = field(default_factory=dict)
    _units: dict[str, UnitState] = field(default_factory=dict)

    def imagine(self, step: Step) -> None:
        """Remember the effect of `step` on files and units; other effects matter to no plan."""
        match step:
            case WriteFile(path, content, mode):
                self._files[path] = FileState(content, mode)
            case MoveFile(source, target):
                self._files[target] = self.read(source)
                self._files[source] = None
            case RemoveFile(path) | RemoveFolder(path):
                self._files[path] = None
            case ChangeUnit(verb, unit):
                self._units[unit] = _after(verb, self.units(unit).get(unit, UnitState()))

    def read(self, path: PurePath) -> FileState | None:
        """The file at `path`, or None where there is none."""
        return self._files[path] if path in self._files else self.real.read(path)

    def names(self, folder: PurePath) -> tuple[str, ...]:
        """The names in `folder`, sorted."""
        here = {path.name: found for path, found in self._files.items() if path.parent == folder}
        names = {*self.real.names(folder), *here}
        return tuple(sorted(name for name in names if here.get(name, True)))

    def units(self, *names: str) -> dict[str, UnitState]:
        """The states of the units `names` after the steps."""
        real = self.real.units(*names)
        return {name: self._units.get(name, state) for name, state in real.items()}

    def program(self, name: str) -> PurePath | None:
        """The path of the program `name`, or None."""
        return self.real.program(name)

    def kernel(self, key: str) -> KernelSetting | None:
        """The kernel setting `key`."""
        return self.real.kernel(key)


def _after(verb: str, state: UnitState) -> UnitState:
    match verb:
        case "start" | "restart":
            return replace(state, load="loaded", active="active", sub="running")
        case "stop":
            return replace(state, active="inactive", sub="dead")
        case "enable" | "disable":
            return replace(state, enabled=verb == "enable")
        case "mask":
            return replace(state, load="masked", enabled=False)
        case _:
            return state
