"""Start porterd in this process: `python -m porter.daemon`, as its unit does."""

from __future__ import annotations

import logging
import os
import sys

from porter.daemon.server import serve
from porter.daemon.settings import load
from porter.errors import PorterError


def main() -> None:
    """Serve until a signal ends the process."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="[%(levelname)s] %(name)s: %(message)s"
    )
    try:
        serve(load(os.environ))
    except PorterError as error:
        raise SystemExit(f"porterd: {error}") from None


if __name__ == "__main__":
    main()
