"""How a payload was packed: enough to pack it again after a change of its files (ADR 0035).

A synthesis writes one recipe for each payload if `RECIPES` names a folder, as every rehearsal does;
`--watch` reads them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from porter.packing import payload
from porter.packing.build import Built, build
from porter.packing.target import Target
from porter.packing.tools import TOOLS, Tool
from porter.spec import HostSpec, dumps, loads


@dataclass(frozen=True, slots=True)
class Part:
    """A folder of the payload: its `Packed`, and the `Build` whose result it has."""

    folder: Path | None
    exclude: tuple[str, ...] = ()
    tool: Tool | None = None
    target: Target | None = None
    built: Built | None = None

    def made(self, name: str) -> Part:
        """Return the part with the result of its build, which may run now. Raises `SpecError`."""
        if not (self.tool and self.target and self.folder):
            return self

        def begins() -> None:
            sys.stderr.write(f"porter: running the build of {name}, once\n")

        return replace(self, built=build(self.tool, self.folder, self.target, begins))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The payload `sha256` of the host at the construct path `host`.

    `modules` are files of the app's own Python code: a change of one needs a synthesis.
    """

    host: str
    sha256: str
    spec: HostSpec
    parts: Mapping[str, Part]
    modules: tuple[Path, ...] = ()

    def pack(self, target: Path) -> str:
        """Pack the files as they are now; return the SHA-256. Raises `SpecError`, `OSError`."""
        parts = {name: part.made(name) for name, part in self.parts.items()}
        return payload.write(target, self.spec, parts)

    def write(self, folder: Path, name: str = "") -> None:
        """Write the recipe to `name` in `folder`; else the next number is its name."""
        number = sum(1 for _ in folder.iterdir())
        (folder / (name or f"{number}.json")).write_text(json.dumps(self._as_json()), "utf-8")

    def _as_json(self) -> dict[str, Any]:
        return {
            "host": self.host,
            "sha256": self.sha256,
            "spec": dumps(self.spec),
            "parts": {name: _part_as_json(part) for name, part in self.parts.items()},
            "modules": [str(path) for path in self.modules],
        }


def latest(folder: Path) -> list[Recipe]:
    """Return the last recipe of each host in `folder`: lookups synthesize more than once."""
    files = sorted(folder.iterdir(), key=lambda file: int(file.stem))
    return [*{one.host: one for one in map(read, files)}.values()]


def read(file: Path) -> Recipe:
    """Read what `Recipe.write` wrote, with the same version of porter."""
    data = json.loads(file.read_text("utf-8"))
    return Recipe(
        host=data["host"],
        sha256=data["sha256"],
        spec=loads(HostSpec, data["spec"]),
        parts={name: _part(one) for name, one in data["parts"].items()},
        modules=tuple(map(Path, data["modules"])),
    )


def parts_of(packed: Mapping[str, payload.Packed]) -> dict[str, Part]:
    """Return the parts of a payload that was packed from `packed`."""
    return {
        name: Part(
            one.folder,
            tuple(one.exclude),
            one.built.tool if one.built else None,
            one.built.target if one.built else None,
        )
        for name, one in packed.items()
    }


def own_modules(app: Path) -> tuple[Path, ...]:
    """Return the files of the Python modules that this process has loaded, for a synthesis.

    Modules of Python itself, of its environment, of installed packages and of porter are left out.
    """
    foreign = {Path(one).resolve() for one in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    found = set()
    for name, module in [*sys.modules.items()]:
        file = getattr(module, "__file__", None)
        if file and name.partition(".")[0] not in ("porter", "porter_cdk"):
            path = Path(file).resolve()
            inside = path.is_relative_to(app.resolve()) or not (foreign & {*path.parents})
            if inside and "site-packages" not in path.parts:
                found.add(path)
    return tuple(sorted(found))


def _part_as_json(part: Part) -> dict[str, Any]:
    return {
        "folder": str(part.folder) if part.folder else None,
        "exclude": part.exclude,
        "tool": [type(part.tool).__name__, asdict(part.tool)] if part.tool else None,  # type: ignore[call-overload]
        "target": asdict(part.target) if part.target else None,
    }


def _part(data: Mapping[str, Any]) -> Part:
    return Part(
        Path(data["folder"]) if data["folder"] else None,
        tuple(data["exclude"]),
        _tool(*data["tool"]) if data["tool"] else None,
        Target(**data["target"]) if data["target"] else None,
    )


def _tool(name: str, fields: Mapping[str, Any]) -> Tool:
    return TOOLS[name](**{key: _frozen(value) for key, value in fields.items()})


def _frozen(value: object) -> object:
    """Return JSON's lists as tuples."""
    return tuple(map(_frozen, value)) if isinstance(value, list) else value
