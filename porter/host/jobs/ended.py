"""Write how a job's unit ended: `python -m porter.host.jobs.ended FILE RESULT CODE STATUS`.

The last three are systemd's `$SERVICE_RESULT`, `$EXIT_CODE` and `$EXIT_STATUS` (systemd.exec(5)).
Later, systemd may have unloaded the unit and its result.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(file: str, result: str, code: str, status: str) -> None:
    """Write the three values to `file` as JSON."""
    ended = {"result": result, "code": code, "status": status}
    Path(file).write_text(json.dumps(ended), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
