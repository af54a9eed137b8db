"""Run a strict unit on a played machine where the kernel gives no namespaces, and print its log.

`python without_namespaces.py FOLDER`. Exits with 77 where this cannot be arranged.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from porter.rehearsal.machines.played import sandbox
from porter.rehearsal.machines.played.machine import ProcessMachine

REFUSED = """\
echo 0 > /proc/sys/user/max_user_namespaces &&
exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$@"
"""
SCRIPT = """\
touch db.sqlite3 || echo refused
[ "$TMPDIR" = {tmp} ] && touch $TMPDIR/x && echo TMPDIR is its own
echo the end
exec sleep 1000
"""
UNIT = """\
[Service]
Type=exec
WorkingDirectory={folder}
ExecStart=sh {folder}/run.sh
DynamicUser=yes
ProtectSystem=strict
PrivateTmp=yes
"""


def main(place: Path) -> int:
    """Boot the machine and run the unit."""
    machine = ProcessMachine(_launch(), place / "machine")
    machine.start()
    try:
        folder = machine.root / "opt/porter/payload-1/workloads/web"
        folder.mkdir(parents=True)
        tmp = machine.root / "tmp/web.service/tmp"
        (folder / "run.sh").write_text(SCRIPT.format(tmp=tmp))
        (machine.root / "etc/systemd/system/web.service").write_text(UNIT.format(folder=folder))
        subprocess.run([machine.root / "usr/bin/systemctl", "start", "web"], check=True, timeout=30)
        deadline = time.monotonic() + 20
        while "the end" not in machine.log_tail("web", 50) and time.monotonic() < deadline:
            time.sleep(0.05)
        print(machine.log_tail("web", 50))  # noqa: T201 - the parent reads it
        print("refusal:", machine.refusal)  # noqa: T201
        subprocess.run([machine.root / "usr/bin/systemctl", "stop", "web"], check=True, timeout=30)
        (folder / "again").touch()
        assert os.access(folder, os.W_OK)
    finally:
        machine.stop()
    return 0


def _launch():  # noqa: ANN202 - a fixture's
    from tests.machine.conftest import cloud_config, launch  # noqa: PLC0415

    return launch(cloud_config([], {}))


if __name__ == "__main__":
    if "--inside" not in sys.argv:
        sys.path.insert(0, str(Path.cwd()))
        again = [sys.executable, *json.loads(json.dumps(sys.argv)), "--inside"]
        argv = ["unshare", "--user", "--map-root-user", "sh", "-c", REFUSED, "sh", *again]
        sys.exit(subprocess.run(argv, check=False).returncode)
    sys.path.insert(0, str(Path(__file__).parents[2]))
    if not sandbox.refusal():
        sys.stderr.write("the kernel still gives namespaces\n")
        sys.exit(77)
    sys.exit(main(Path(sys.argv[1])))
