"""`python -m porter.packing RECIPE TARGET`: pack the payload again, and print its SHA-256."""

from __future__ import annotations

import sys
from pathlib import Path

from porter.errors import SpecError
from porter.packing import recipe


def main() -> int:
    """Pack. Exit with 1 and the reason on stderr, or with 75 if files changed meanwhile."""
    try:
        digest = recipe.read(Path(sys.argv[1])).pack(Path(sys.argv[2]))
    except FileNotFoundError as error:
        sys.stderr.write(f"{error.filename} has disappeared\n")
        return CHANGED
    except (SpecError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(digest)
    return 0


CHANGED = 75
"""EX_TEMPFAIL of sysexits(3)."""

if __name__ == "__main__":
    sys.exit(main())
