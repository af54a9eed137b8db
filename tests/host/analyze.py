"""`systemd-analyze calendar` below a root: the real program where this machine has it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

REAL = shutil.which("systemd-analyze")
_HEAD = """\
#!/bin/sh
refuse() { echo "$1" >&2; exit 1; }
[ "$1" = calendar ] || refuse "Unknown command verb '$1'."
case $2 in
    --base-time=@ | --base-time=@*[!0-9]*)
        refuse "Failed to parse --base-time= parameter: ${2#*=}";;
    --base-time=@*) base=${2#--base-time=@};;
    *) refuse "unrecognized option '$2'";;
esac
unknown() { refuse "Failed to parse calendar specification '$1': Invalid argument"; }
"""
_TAIL = """\
[ $next = never ] || next=$(LC_ALL=C date -u -d @$next '+%a %Y-%m-%d %H:%M:%S UTC')
echo "Normalized form: $3"
echo "    Next elapse: $next"
"""
ONCE = f"""\
{_HEAD}
due=$(date -u -d "$3" +%s 2>/dev/null) || unknown "$3"
next=never
[ $base -ge $due ] || next=$due
{_TAIL}"""
"""A fake that knows expressions of one instant in UTC (systemd.time(7), "Calendar Events")."""

PUT_BACK = 1_792_890_000
"""2026-10-25T01:00:00Z, when clocks in Berlin go back from 3:00 to 2:00."""

NIGHTLY = "02:30 Europe/Berlin"
BERLIN = f"""\
{_HEAD}
[ "$3" = "{NIGHTLY}" ] || unknown "$3"
for next in {PUT_BACK - 88_200} {PUT_BACK - 1800}; do
    [ $base -ge $next ] || break
done
[ $base -lt {PUT_BACK - 1800} ] || next={PUT_BACK + 88_200}
[ $base -lt {PUT_BACK} ] || [ $base -ge {PUT_BACK + 1800} ] || next={PUT_BACK + 1800}
{_TAIL}"""
"""A fake with the answers of systemd 252 for `NIGHTLY` around that night."""


def once(due: int) -> str:
    """Return the schedule of a job that is due only at `due`, in UTC."""
    return datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%d %H:%M:%S")


def install_analyze(root: Path, fake: str, real: str | None = REAL) -> Path:
    """Install the program `real`, or else the script `fake`; return its path."""
    program = root / "usr/bin/systemd-analyze"
    program.parent.mkdir(parents=True, exist_ok=True)
    if real:
        program.symlink_to(real)
    else:
        program.write_text(fake)
        program.chmod(0o755)
    return program
