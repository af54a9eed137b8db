"""The bundle's first half: what `host.lock` pins, installed, trimmed, compressed and cached."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
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
    """Have pip install exactly the pinned wheels: no resolution, no source builds, no bytecode."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", "--only-binary=:all:", "--require-hashes"]
    command += ["--no-compile", "--target", str(target), "--requirement", str(lock)]
    try:
        subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS
        )
    except subprocess.CalledProcessError as error:
        raise PorterError(
            f"pip could not install the bundle's dependencies: {error.stderr.strip()[-800:]}",
            where=str(lock),
            cure="is the package index reachable?",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise PorterError(
            f"pip did not finish within {_INSTALL_SECONDS:g} seconds", where=str(lock)
        ) from error


def _read(installed: Path) -> dict[str, bytes]:
    files = (path for path in installed.rglob("*") if path.is_file())
    kept = (trim(path.relative_to(installed).as_posix(), path.read_bytes()) for path in files)
    return dict(file for file in kept if file)
