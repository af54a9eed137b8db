"""The template's `requirements.lock`: what porter was tested with, and nothing else."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from .conftest import REPOSITORY, User

TEMPLATE = REPOSITORY / "app_template"
_ENTRY = re.compile(r"^([a-z0-9-]+)==(\S+)((?:.*\\\n)(?: +--hash=\S+(?: \\)?\n)+)", re.MULTILINE)


def locked(file: Path) -> dict[str, tuple[str, frozenset[str]]]:
    """Return the version and the hashes of each package in `file`."""
    found = _ENTRY.findall(file.read_text())
    return {
        name: (version, frozenset(re.findall(r"--hash=(\S+)", rest)))
        for name, version, rest in found
    }


def needed(name: str, extra: str) -> set[str]:
    """Return what `name` with `extra` needs on this machine, whatever needs that included."""
    found: set[str] = set()
    waiting = [(name, extra)]
    while waiting:
        one, wanted = waiting.pop()
        for line in metadata.requires(one) or []:
            requirement = Requirement(line)
            if requirement.marker and not requirement.marker.evaluate({"extra": wanted}):
                continue
            below = re.sub(r"[-_.]+", "-", requirement.name).lower()
            if below not in found:
                found.add(below)
                waiting += [(below, each) for each in ("", *requirement.extras)]
    return found


def test_every_package_is_the_one_that_porters_tests_used() -> None:
    """With the same hashes: another file of the same version is no less foreign."""
    template, own = locked(TEMPLATE / "requirements.lock"), locked(REPOSITORY / "dev.lock")
    assert {name: own.get(name) for name in template} == template


def test_everything_that_porter_and_pytest_need_is_locked() -> None:
    template = locked(TEMPLATE / "requirements.lock")
    missing = (needed("porter-cdk", "rehearse") | needed("pytest", "") | {"pytest"}) - set(template)
    assert not missing, "run make lock"


@pytest.mark.machines
def test_a_changed_byte_is_refused(user: User, porter: Path) -> None:
    """The file has the name of the right one, as on an index that somebody took over."""
    pip, folder = porter.with_name("pip"), user.home / "taken-over"
    text = (user.home / "requirements.lock").read_text()
    entry = next(found for found in _ENTRY.finditer(text) if found[1] == "iniconfig")
    (user.home / "one.lock").write_text(entry[0])
    fetched = user.run(
        pip, "download", "--quiet", "--no-deps", "--dest", folder, f"iniconfig=={entry[2]}"
    )
    assert fetched.returncode == 0, fetched.stderr
    again = ("install", "--force-reinstall", "--no-index", "--find-links", folder)
    install = (pip, *again, "--require-hashes", "-r", user.home / "one.lock")
    assert user.run(*install).returncode == 0
    (file,) = folder.iterdir()
    changed = bytearray(file.read_bytes())
    changed[len(changed) // 2] ^= 1
    file.write_bytes(changed)
    refused = user.run(*install)
    assert refused.returncode == 1
    assert "DO NOT MATCH THE HASHES" in refused.stderr
