"""A fake `systemctl show` and `journalctl` on PATH, whose answers the test defines.

Both accept porterd's arguments; another verb, option or match ends with exit code 1, as with the
real programs. Sources: systemctl(1), journalctl(1), org.freedesktop.systemd1(5), and systemd 252
and 257 themselves:

- an unknown unit is shown, too: `inactive`, `dead`, `success`, and no restarts;
- `*.service` is a pattern, for every unit in memory;
- only the requested properties are shown, first the service's, then the unit's; an empty line
  separates units;
- in the pause before a restart `Result` says how the unit ended (`$SERVICE_RESULT` in
  systemd.exec(5)); once the unit runs again, `Result` is `success`, `ExecMainCode` and
  `ExecMainStatus` are 0;
- `UID` is the unit's user, `[not set]` for root and while the unit is down;
- with `--output=cat` journalctl prints nothing for a unit without entries.
"""

import signal
from pathlib import Path

SYSTEMCTL = """\
#!/bin/sh
refuse() {{ echo "$1" >&2; echo "systemctl: $1" >> {folder}/refused; exit 1; }}
[ "$1" = show ] || refuse "Unknown command verb $1."
case $2 in --property=*) ;; *) refuse "unrecognized option '$2'";; esac
wanted=$(echo "${{2#--property=}}" | tr , '|')
shift 2
[ $# -gt 0 ] || refuse "the manager's own properties are asked for"
[ "$1" = "*.service" ] && {{ cd {folder}; set -- *.service; }}
first=yes
for unit; do
    case $unit in
        -*) refuse "unrecognized option '$unit'";;
        *.service) ;;
        *) unit=$unit.service;;
    esac
    [ $first ] || echo
    first=
    {{ cat {folder}/$unit 2>/dev/null || {{ cat {folder}/nothing; echo Id=$unit; }}; }} |
        grep -E "^($wanted)="
done
echo "$*" >> {folder}/calls
"""
JOURNALCTL = """\
#!/bin/sh
refuse() {{ echo "$1" >&2; echo "journalctl: $1" >> {folder}/refused; exit 1; }}
lines=10 format=short unit=
for argument; do
    case $argument in
        --no-pager) ;;
        --output=cat) format=cat;;
        --lines=[0-9]*) lines=${{argument#--lines=}};;
        _SYSTEMD_UNIT=?*) unit=${{argument#_SYSTEMD_UNIT=}};;
        -*) refuse "unrecognized option '$argument'";;
        *) refuse "Failed to add match '$argument': Invalid argument";;
    esac
done
[ "$format" = cat ] && [ "$unit" ] || refuse "lines of other forms or units are asked for"
tail -n $lines {folder}/journal/$unit 2>/dev/null
echo "$*" >> {folder}/calls
"""
NOTHING = {
    "Result": "success",
    "UID": "[not set]",
    "NRestarts": 0,
    "ExecMainStartTimestampMonotonic": 0,
    "ExecMainCode": 0,
    "ExecMainStatus": 0,
    "ActiveState": "inactive",
    "SubState": "dead",
}
"""systemd's properties of an unknown unit, in their order; `Id` comes before `ActiveState`."""

EXITED, KILLED, DUMPED = 1, 2, 3
"""The codes of waitid(2): CLD_EXITED, CLD_KILLED, CLD_DUMPED."""


def ended(code: int, status: int, restarts: int = 0, *, oom: bool = False) -> dict[str, object]:
    """Return the properties of a service that ended and pauses before its next start."""
    result = {EXITED: "exit-code" if status else "success", KILLED: "signal", DUMPED: "core-dump"}
    clean = code == KILLED and status in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, 15)
    return {
        "Result": "oom-kill" if oom else "success" if clean else result[code],
        "NRestarts": restarts,
        "ExecMainCode": code,
        "ExecMainStatus": status,
        "ActiveState": "activating",
        "SubState": "auto-restart",
    }


class FakeSystemd:
    """The fake systemctl and journalctl, and the units that the test defines."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "systemd"
        self.programs = self._folder / "bin"
        self._journal = self._folder / "journal"
        for folder in (self.programs, self._journal):
            folder.mkdir(parents=True)
        self._write("nothing", NOTHING)
        for name, text in (("systemctl", SYSTEMCTL), ("journalctl", JOURNALCTL)):
            (self.programs / name).write_text(text.format(folder=self._folder))
            (self.programs / name).chmod(0o755)

    def says(self, unit: str = "porter-hello.service", **properties: object) -> None:
        """Give `unit` these properties; by default, it runs."""
        up = {**NOTHING, "ActiveState": "active", "SubState": "running"}
        self._write(unit, {**up, **properties, "Id": unit})

    def pauses(self, restarts: int, code: int, status: int) -> None:
        """Stop the workload between two starts, after `restarts` earlier restarts."""
        self.says(**ended(code, status, restarts))

    def wrote(self, text: str, unit: str = "porter-hello.service") -> None:
        """Write `text` to the journal of `unit`."""
        (self._journal / unit).write_text(text)

    def _write(self, name: str, properties: dict[str, object]) -> None:
        draft = self._folder / "draft"
        shown = [key for key in (*list(NOTHING)[:6], "Id", *list(NOTHING)[6:]) if key in properties]
        draft.write_text("".join(f"{key}={properties[key]}\n" for key in shown))
        draft.replace(self._folder / name)

    @property
    def calls(self) -> list[str]:
        """Return the arguments of each call so far."""
        return self._lines("calls")

    @property
    def refused(self) -> list[str]:
        """Return the calls that the real programs would refuse."""
        return self._lines("refused")

    def _lines(self, name: str) -> list[str]:
        log = self._folder / name
        return log.read_text().splitlines() if log.exists() else []
