"""The folder in which the cdk CLI runs, so that it has no way into the user's (ADR 0028)."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porter.aws.data_key import KEPT
from porter.errors import PorterError

MANIFEST = "manifest.json"
_REAL_ACCOUNT = ("profile", "roleArn", "role-arn", "proxy", "caBundlePath", "plugin", "output")
"""Settings in cdk.json that lead to the user's account, or out of the workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The app in `folder`, and options of `cdk deploy`.

    `command` is its `--app`: a command, or the folder of a cloud assembly. `context` has
    `KEY=VALUE`. `stacks` selects, by patterns; none means all. `exclusively` leaves out the stacks
    that the selected ones depend on.
    """

    folder: Path
    command: str = ""
    context: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    exclusively: bool = False

    @property
    def ready(self) -> bool:
        """Whether `command` names a folder."""
        return bool(self.command) and os.path.isdir(self.folder / self.command)  # noqa: PTH112 - a command may be too long for Path.is_dir


def ready_made(app: App) -> Path | None:
    """Return the assembly that `app` is or names; None if it must be synthesized.

    Raises `PorterError` as `Workspace` does.
    """
    return _made(app, _settings(app))


class Workspace:
    """The cdk CLI's working folder `folder`, new, for `app`.

    `assembly` is the app's cloud assembly: the CLI makes it there, or it is `ready`.
    """

    def __init__(self, folder: Path, app: App) -> None:
        """Make the folder.

        Raises `PorterError` if `app` has neither a cdk.json nor an assembly, if its cdk.json is
        invalid, or if the app's folder contains `folder`.
        """
        self.folder = folder
        self.app = app
        self.assembly = folder / "cdk.out"
        if folder.resolve().is_relative_to(app.folder.resolve()):
            raise PorterError(
                "the folder for temporary files is inside the app's",
                where=str(app.folder),
                cure="set TMPDIR to another folder",
            )
        settings = _settings(app)
        made = _made(app, settings)
        self.ready = made is not None
        folder.mkdir()
        if made:
            _copy(made, self.assembly)
        self._context = folder / "cdk.context.json"
        _write(folder / "cdk.json", _here(settings, app))
        self._copy_context(app.folder / self._context.name)

    def begin(self) -> None:
        """Remove an earlier assembly, so that the next one's manifest is a new one."""
        shutil.rmtree(self.assembly, ignore_errors=True)

    def synthesized(self) -> bool:
        """Whether the assembly is there; the CDK writes its manifest last, and then validates."""
        try:
            json.loads((self.assembly / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return True

    @property
    def opened(self) -> Path:
        """Where `open` puts the assembly for another run of the CLI."""
        return self.folder / f"{self.assembly.name}.linked"

    def open(self) -> None:
        """Link the assembly for another run of the CLI: a run locks the folder that it uses.

        That run would also run the app's `build`, whatever the assembly, so cdk.json loses it.
        Files are hard links, because the CLI's S3 client takes a symbolic link's size for the
        file's.
        """
        settings = json.loads((self.folder / "cdk.json").read_text("utf-8"))
        _write(self.folder / "cdk.json", {**settings, "build": ""})
        linked = self.opened
        shutil.rmtree(linked, ignore_errors=True)
        linked.mkdir()
        for entry in self.assembly.iterdir():
            if entry.is_dir():
                (linked / entry.name).symlink_to(entry)
            elif entry.suffix != ".lock":
                (linked / entry.name).hardlink_to(entry)

    def answer(self, context: Mapping[str, object]) -> None:
        """Add values to the app's context, for its next synthesis."""
        _write(self._context, {**self.context(), **context})

    def context(self) -> dict[str, object]:
        """Return the values of lookups, the user's and those that were added."""
        if not self._context.exists():
            return {}
        known = json.loads(self._context.read_text("utf-8"))
        return known if isinstance(known, dict) else {}

    def _copy_context(self, users: Path) -> None:
        """Copy the user's context without data keys: only the KMS that made them decrypts them."""
        try:
            text = users.read_text("utf-8")
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise PorterError(f"cannot be read: {error}", where=str(users)) from error
        try:
            known = json.loads(text)
        except ValueError as error:
            raise PorterError(f"is not JSON: {error}", where=users.name) from error
        if isinstance(known, dict):
            known = {name: value for name, value in known.items() if not name.startswith(KEPT)}
        _write(self._context, known)


def _settings(app: App) -> dict[str, Any]:
    path = app.folder / "cdk.json"
    try:
        settings = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        if app.command or (app.folder / MANIFEST).is_file():
            return {}
        raise PorterError(
            "there is no cdk.json",
            where=str(app.folder),
            cure="run this in an app's folder, or run `porter init`",
        ) from None
    except OSError as error:
        raise PorterError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except ValueError as error:
        raise PorterError(f"is not JSON: {error}", where=path.name) from error
    if not isinstance(settings, dict):
        raise PorterError("must be a JSON object", where=path.name)
    return {name: value for name, value in settings.items() if name not in _REAL_ACCOUNT}


def _made(app: App, settings: Mapping[str, Any]) -> Path | None:
    """Return the assembly that needs no synthesis; None if there is none."""
    if not app.command and (app.folder / MANIFEST).is_file() and not settings:
        return app.folder
    named = app.command or settings.get("app")
    if isinstance(named, str) and named and os.path.isdir(app.folder / named):  # noqa: PTH112 - as above
        made = app.folder / named
        if not (made / MANIFEST).is_file():
            raise PorterError(
                f"is not a cloud assembly: {MANIFEST} is missing",
                where=str(made),
                cure="run `porter build` first",
            )
        return made
    return None


def _here(settings: Mapping[str, Any], app: App) -> dict[str, Any]:
    """Return `settings` with commands that run in the app's folder, as the CLI's would."""
    commands = {name: settings[name] for name in ("app", "build") if settings.get(name)}
    if app.command:
        commands["app"] = app.command
    folder = shlex.quote(str(app.folder.absolute()))
    return {
        **settings,
        **{name: f"cd {folder} && {_line(command)}" for name, command in commands.items()},
    }


def _line(command: object) -> str:
    """Return a command of cdk.json, which may be a list; the CLI joins its words by blanks."""
    return " ".join(map(str, command)) if isinstance(command, list) else str(command)


def _copy(made: Path, assembly: Path) -> None:
    try:
        shutil.copytree(made, assembly, symlinks=True)
    except OSError as error:
        raise PorterError(f"cannot be copied: {_first(error)}", where=str(made)) from error


def _first(error: OSError) -> str:
    """Return the first file's error; `copytree` continues, and collects all."""
    if isinstance(error, shutil.Error):
        _, _, reason = error.args[0][0]
        return str(reason)
    return str(error)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2), "utf-8")
