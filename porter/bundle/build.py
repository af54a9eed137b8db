"""Build the bundle: `python -m porter.bundle.build [DEST]`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from porter.bundle import archive, stream
from porter.bundle.dependencies import dependencies
from porter.bundle.sources import sources
from porter.errors import PorterError

MAXIMUM_BYTES = 3_500_000
"""Largest bundle in bytes: every host fetches it before it can do anything else."""

_PACKAGE = Path(__file__).parents[1]


def build(destination: Path = archive.LOCATION, *, root: Path = _PACKAGE.parent) -> Path:
    """Write the bundle of the source tree `root`: equal input gives equal bytes.

    Raises `PorterError` if pip cannot install the dependencies, or if the bundle is too large.
    """
    lock = root / "host.lock"
    if not lock.is_file():
        raise PorterError("there is no host.lock", where=str(root), cure="build in a source tree")
    package = root / "porter"
    parts = (
        dependencies(lock, package / "bundle" / ".cache"),
        stream.compress(sources(package)),
        stream.END,
    )
    content = b"".join(parts)
    if len(content) > MAXIMUM_BYTES:
        raise PorterError(
            f"the bundle has {len(content):,} bytes, more than {MAXIMUM_BYTES:,}",
            where=str(destination),
            cure="see what host.lock gained; porter.bundle.trim decides what stays",
        )
    partial = destination.with_name(f".{destination.name}.{os.getpid()}")
    partial.write_bytes(content)
    partial.replace(destination)
    return destination


def main(arguments: list[str]) -> None:
    """Run the command line of `make bundle`."""
    try:
        built = build(Path(arguments[0])) if arguments else build()
    except PorterError as error:
        sys.exit(f"porter.bundle.build: {error}")
    sys.stdout.write(f"{built}: {built.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
