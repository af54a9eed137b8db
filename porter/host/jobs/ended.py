"""Note how a job's unit ended: `python -m porter.host.jobs.ended FILE RESULT CODE STATUS`.

The last three are systemd's `$SERVICE_RESULT`, `$EXIT_CODE` and `$EXIT_STATUS` (systemd.exec(5)).
Asked later, systemd may have forgotten: it unloads units that nothing needs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(file: str, result: str, code: str, status: str) -> None:
    """Write it to `file`."""
    ended = {"result": result, "code": code, "status": status}
    Path(file).write_text(json.dumps(ended), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
