"""What a `Build` runs: the user's commands, uv for requirements, or npm for a lock file."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from porter import toolchain
from porter.packing.files import below, matches
from porter.packing.run import Failed, run
from porter.packing.target import Target
from porter.spec import SpecError

VENDOR = "vendor"
"""The folder of a Python program's libraries, on its `$PYTHONPATH`."""

_GLIBC = "manylinux_2_34"
"""Wheels for the oldest glibc of porter's systems: 2.34, of Amazon Linux 2023."""

_INSTALLERS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")
"""Files of `*.dist-info` that hold paths and times of the machine that installed."""

_INCLUDE = re.compile(r"\s*(?:-r|-c|--requirement|--constraint)[ =]?\s*(\S+)")
_BESIDE = re.compile(
    r"\s*(?:(?:-f|--find-links)[ =]?\s*|(?=\.)|[\w.\[\],-]+\s*@\s*)(?![\w+.-]+://)([^\s;#]+)"
)
"""A folder of wheels, or the path of a wheel."""

_NO_WHEEL = re.compile(
    r"Wheels are required for `([^`]+)`|attempted to build `([^`]+)`"
    r"|Because ([\w.-]+?)[=<>]\S* has no wheels"
)
_TRAMPOLINE = re.compile(rb"\A#!/bin/sh\n'''exec' .*?\n' '''\n", re.DOTALL)


class Tool(Protocol):
    """Commands, and what they read."""

    @property
    def variables(self) -> Mapping[str, str]:
        """Variables of the program: folders to search, relative to its own."""

    def inputs(self, source: Path, files: Sequence[str]) -> list[str] | None:
        """Return which of `files` below `source` the commands get; None for all."""

    def identity(self, target: Target) -> list[object]:
        """Return what determines the result, beside the inputs."""

    def make(self, folder: Path, target: Target, lock: int) -> None:
        """Run the commands in `folder`, which has the inputs. Raises `SpecError`."""


@dataclass(frozen=True, slots=True)
class Commands:
    """The user's own commands."""

    commands: tuple[tuple[str, ...], ...]
    globs: tuple[str, ...] | None

    @property
    def variables(self) -> Mapping[str, str]:
        """No variables."""
        return {}

    def inputs(self, source: Path, files: Sequence[str]) -> list[str] | None:
        """Return the files that match, and those below a folder that matches."""
        if self.globs is None:
            return None
        for glob in self.globs:
            if not any(_within(file, [glob]) for file in files):
                raise SpecError(f"{glob!r} matches no file of {str(source)!r}", where="inputs")
        return [file for file in files if _within(file, self.globs)]

    def identity(self, target: Target) -> list[object]:
        """Return the commands, and all of the target, which they find in their environment."""
        return ["commands", self.commands, target.processor, target.python]

    def make(self, folder: Path, target: Target, lock: int) -> None:
        """Run one command after the other."""
        for argv in self.commands:
            run(argv, folder, target, lock=lock)


@dataclass(frozen=True, slots=True)
class Requirements:
    """The wheels of a requirements file, for the hosts' Python and processor, in `VENDOR`."""

    file: str

    @property
    def variables(self) -> Mapping[str, str]:
        """Let `python3` find the libraries."""
        return {"PYTHONPATH": VENDOR}

    def inputs(self, source: Path, files: Sequence[str]) -> list[str]:
        """Return the requirements file, and the files that it includes."""
        if self.file not in files:
            raise SpecError(f"there is no file {str(source / self.file)!r}", where="requirements")
        lists, wheels = [self.file], set[str]()
        for name in lists:
            lines = (source / name).read_text("utf-8", "replace").splitlines()
            lists += dict.fromkeys(_named(_INCLUDE, lines, source, name, files)).keys() - {*lists}
            wheels |= set(_named(_BESIDE, lines, source, "", files))
        return [*lists, *(one for one in files if one not in lists and _within(one, wheels))]

    def identity(self, target: Target) -> list[object]:
        """Return the target, which chooses the wheels. Raises `SpecError` without a Python."""
        if not target.python:
            raise SpecError(
                "the Python of the hosts is unknown: with packages= the image decides",
                where="python",
                cure='name the version: PorterService(python="3.12", ...)',
            )
        return ["requirements", self.file, _GLIBC, target.processor, target.python]

    def make(self, folder: Path, target: Target, lock: int) -> None:
        """Install the wheels, and remove what names this machine."""
        platform = f"{target.processor}-{_GLIBC}"
        command = ["uv", "pip", "install", "--target", VENDOR, "--python", sys.executable]
        command += ["--python-version", target.python, "--python-platform", platform]
        command += ["--only-binary", ":all:", "--link-mode", "copy", "--no-progress"]
        (folder / VENDOR).mkdir()
        try:
            run([*command, "--requirement", self.file], folder, target, lock=lock)
        except Failed as error:
            raise _explained(error, target) from None
        _without_this_machine(folder / VENDOR)


@dataclass(frozen=True, slots=True)
class PackageLock:
    """The `node_modules` of a `package-lock.json`, without development dependencies."""

    @property
    def variables(self) -> Mapping[str, str]:
        """No variables: node searches `node_modules` by itself."""
        return {}

    def inputs(self, source: Path, files: Sequence[str]) -> list[str]:
        """Return what `npm ci` reads."""
        for name in ("package.json", "package-lock.json"):
            if name not in files:
                raise SpecError(
                    f"there is no {name} in {str(source)!r}",
                    where="source",
                    cure="run `npm install --package-lock-only` there, and commit both files",
                )
        names = ["package.json", "package-lock.json", ".npmrc", *_local(source)]
        return [file for file in files if _within(file, names)]

    def identity(self, target: Target) -> list[object]:
        """Return the processor: some packages choose a program for it."""
        return ["package-lock", target.processor]

    def make(self, folder: Path, target: Target, lock: int) -> None:
        """Install the packages for Linux; remove npm's own notes."""
        cpu = {"x86_64": "x64", "aarch64": "arm64"}[target.processor]
        command = [
            *toolchain.npm(),
            "ci",
            "--omit=dev",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
        ]
        command += ["--os=linux", f"--cpu={cpu}", "--libc=glibc"]
        run(command, folder, target, lock=lock)
        (folder / "node_modules" / ".package-lock.json").unlink(missing_ok=True)


def _within(file: str, globs: Collection[str]) -> bool:
    path = PurePosixPath(file)
    return any(matches(one, globs) for one in (path, *path.parents[:-1]))


def _named(
    line: re.Pattern[str], lines: Sequence[str], source: Path, name: str, files: Sequence[str]
) -> Iterator[str]:
    """Yield the paths below `source` in `lines`, which are relative to the file `name`."""
    for found in filter(None, map(line.match, lines)):
        path = os.path.normpath(Path(name).parent / found[1])
        if path not in files:
            raise SpecError(
                f"names {found[1]!r}, which is not below {str(source)!r}",
                where="requirements",
                cure="put it into the source folder",
            )
        yield path


def _local(source: Path) -> Iterator[str]:
    """Yield the folders and archives of `source` that its `package-lock.json` installs from."""
    try:
        packages = json.loads((source / "package-lock.json").read_text("utf-8")).get("packages", {})
    except (ValueError, AttributeError):
        return  # npm says what is wrong
    for path, package in packages.items():
        if path and "node_modules" not in Path(path).parts:
            yield path
        if (archive := str(package.get("resolved", ""))).startswith("file:"):
            yield os.path.normpath(archive.removeprefix("file:"))


def _explained(error: Failed, target: Target) -> SpecError:
    text = "\n".join(error.lines)
    if missing := _NO_WHEEL.search(text):
        name = next(filter(None, missing.groups()))
        return Failed(
            f"{name} has no wheel for Python {target.python} on {target.processor}",
            error.lines,
            cure=f"choose a version of {name} with such a wheel, or put a wheel of your own into "
            "the source folder: --find-links wheels",
        )
    if error.what.startswith("cannot run"):
        return SpecError(error.what, cure="install uv: python -m pip install uv")
    return error


def _without_this_machine(vendor: Path) -> None:
    (vendor / ".lock").unlink(missing_ok=True)
    for name in below(vendor, ()):
        path = vendor / name
        if path.parent.name.endswith(".dist-info") and path.name in _INSTALLERS:
            path.unlink()
        elif path.parent == vendor / "bin" and path.is_file():
            _find_python_on_path(path)


def _find_python_on_path(script: Path) -> None:
    """Let a script of a library start the hosts' `python3` instead of this machine's."""
    text = script.read_bytes()
    ours = f"#!{sys.executable}\n".encode()
    first = b"#!/usr/bin/env python3\n"
    if text.startswith(ours):
        script.write_bytes(first + text[len(ours) :])
    elif _TRAMPOLINE.match(text):
        script.write_bytes(_TRAMPOLINE.sub(first, text, count=1))


TOOLS: Mapping[str, Callable[..., Tool]] = {
    one.__name__: one for one in (Commands, Requirements, PackageLock)
}
"""Every tool by the name of its class."""
