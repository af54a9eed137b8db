"""The bundle's second half: the part of porter that runs on a host."""

from __future__ import annotations

from pathlib import Path

HOST_SIDE = ("__init__.py", "errors.py", "unpack.py", "aws", "cli", "daemon", "host", "spec")
"""The parts of the package `porter` that a host needs; the rest is for developers and CI."""


def sources(package: Path) -> dict[str, bytes]:
    """Return the host side by path in the bundle, from the folder of the package `porter`."""
    modules: list[Path] = []
    for name in HOST_SIDE:
        part = package / name
        modules += part.rglob("*.py") if part.is_dir() else [part]
    modules += package.glob("daemon/openapi/*.json")
    modules += (one for one in package.glob("daemon/page/*") if one.suffix in (".html", ".css"))
    files = {f"porter/{path.relative_to(package).as_posix()}": path for path in modules}
    files["__main__.py"] = package / "bundle" / "entry.py"
    files["boot.py"] = package / "bundle" / "boot.py"
    return {name: path.read_bytes() for name, path in files.items()}
