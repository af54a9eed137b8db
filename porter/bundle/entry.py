"""The bundle's `__main__.py`: porter's command line, from the bundle alone."""

from __future__ import annotations

import sys
import traceback

UNLOADABLE = 70
"""Exit code (`EX_SOFTWARE` of sysexits.h) that tells `boot` that porter could not start.

`porter host apply` reports its other failures itself (ADR 0004).
"""


def run() -> None:
    """Run the command line; exit with `UNLOADABLE` if it does not load."""
    try:
        # Everything that a host needs, imported before anything is done.
        import porter.cli.host  # noqa: F401, PLC0415
        from porter.cli import main  # noqa: PLC0415
    except Exception:  # noqa: BLE001 - no other code can report it
        traceback.print_exc()
        sys.exit(UNLOADABLE)
    main()


if __name__ == "__main__":
    run()
