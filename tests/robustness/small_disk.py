"""`unshare --mount python small_disk.py SIZE FILL_AFTER APP FOLDER`: a rehearsal on a small disk.

Mounts a disk of SIZE on FOLDER, which no other process sees. Rehearses APP with FOLDER as TMPDIR,
and prints the result as JSON. Fills the disk when the phase FILL_AFTER is over (`-`: never).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

BLOCK = 4096


def fill(folder: Path) -> None:
    """Write until the disk is full."""
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as filler:
        while filler.write(bytes(BLOCK)):
            pass


def main(size: str, fill_after: str, app: str, folder: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "porter", "rehearse"],
        cwd=app,
        env={"CDK_VALIDATION": "false", **os.environ, "TMPDIR": folder},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = ""
    for line in process.stderr or ():
        said += line
        if line.startswith(fill_after):
            fill(Path(folder))
    out = process.communicate()[0]
    left = [path.name for path in Path(folder).iterdir() if path.name != "filler"]
    print(json.dumps({"code": process.returncode, "said": said + out, "left": left}))  # noqa: T201


main(*sys.argv[1:])
