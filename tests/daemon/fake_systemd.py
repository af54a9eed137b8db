"""A systemd that says what the test tells it to: `systemctl show` and `journalctl` on PATH."""

from pathlib import Path

SYSTEMCTL = """\
#!/bin/sh
# Each unit's properties are in a file of its name.
shift 2
for unit; do
    cat {folder}/$unit 2>/dev/null
    echo
done
echo "$*" >> {folder}/calls
"""
JOURNALCTL = """\
#!/bin/sh
cat {folder}/journal 2>/dev/null
echo "$*" >> {folder}/calls
"""


class FakeSystemd:
    """Knows no unit until `says` is called."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "systemd"
        self.programs = self._folder / "bin"
        self.programs.mkdir(parents=True)
        for name, text in (("systemctl", SYSTEMCTL), ("journalctl", JOURNALCTL)):
            (self.programs / name).write_text(text.format(folder=self._folder))
            (self.programs / name).chmod(0o755)

    def says(self, unit: str = "porter-hello.service", **properties: object) -> None:
        """Let `unit` have these properties, and running ones by default."""
        known = {
            "Id": unit,
            "ActiveState": "active",
            "SubState": "running",
            "Result": "success",
            "ExecMainCode": 0,
            "ExecMainStatus": 0,
            "NRestarts": 0,
            **properties,
        }
        draft = self._folder / "draft"
        draft.write_text("".join(f"{name}={value}\n" for name, value in known.items()))
        draft.replace(self._folder / unit)

    def pauses(self, restarts: int, code: int, status: int, **properties: object) -> None:
        """Let the workload be down before its next start, having been started again `restarts`."""
        self.says(
            ActiveState="activating",
            SubState="auto-restart",
            NRestarts=restarts,
            ExecMainCode=code,
            ExecMainStatus=status,
            **properties,
        )

    def wrote(self, text: str) -> None:
        """What the workload has in the journal."""
        (self._folder / "journal").write_text(text)

    @property
    def calls(self) -> list[str]:
        """The arguments of each call so far."""
        log = self._folder / "calls"
        return log.read_text().splitlines() if log.exists() else []
