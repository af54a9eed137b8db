"""The bundle's first half: what `host.lock` pins, installed, trimmed, compressed and cached."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from porter.bundle import stream
from porter.bundle.trim import trim
from porter.errors import PorterError

_BUILDERS = ("dependencies.py", "stream.py", "trim.py")
_INSTALL_SECONDS = 600.0


def dependencies(lock: Path, cache: Path) -> bytes:
    """Return the compressed dependencies that `lock` pins, from `cache` if they are there.

    The cache's key covers the lock and the code that reads it, so a change of either shows.
    """
    here = Path(__file__).parent
    key = hashlib.sha256(lock.read_bytes())
    for builder in _BUILDERS:
        key.update((here / builder).read_bytes())
    cached = cache / f"{key.hexdigest()[:16]}.xz"
    if not cached.is_file():
        with tempfile.TemporaryDirectory(prefix="porter-bundle-") as folder:
            _install(lock, Path(folder))
            content = stream.compress(_read(Path(folder)))
        cache.mkdir(exist_ok=True)
        partial = cached.with_suffix(f".{os.getpid()}")
        partial.write_bytes(content)
        partial.replace(cached)
    return cached.read_bytes()


def _install(lock: Path, target: Path) -> None:
    """Install exactly the pinned wheels: no resolution, no source builds, no bytecode.

    uv has them in its cache after `make`; where a wheel is built (`pip install .`), there is pip.
    """
    name, command = _installer()
    command += ["--no-deps", "--require-hashes", "--target", str(target), "-r", str(lock)]
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS
        )
    except subprocess.CalledProcessError as error:
        raise PorterError(
            f"{name} could not install the bundle's dependencies: {error.stderr.strip()[-800:]}",
            where=str(lock),
            cure="is the package index reachable?",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise PorterError(
            f"{name} did not finish within {_INSTALL_SECONDS:g} seconds", where=str(lock)
        ) from error


def _installer() -> tuple[str, list[str]]:
    if find_spec("uv"):
        uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-build"]
        return "uv", [*uv, "--python", sys.executable]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"]
    return "pip", [*pip, "--disable-pip-version-check", "--only-binary=:all:"]


def _read(installed: Path) -> dict[str, bytes]:
    files = (path for path in installed.rglob("*") if path.is_file())
    kept = (trim(path.relative_to(installed).as_posix(), path.read_bytes()) for path in files)
    return dict(file for file in kept if file)
