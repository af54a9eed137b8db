"""Search disks, logs, AWS and command lines for the value of a secret."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Self

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from tests.harness.staying import Staying

JOURNAL = "the journal"

SEARCH = """\
import base64, subprocess, sys
values = base64.b64decode(sys.argv[1]).split(b"\\0")
journal = subprocess.run(["journalctl", "--no-pager", "--output=export"], capture_output=True)
assert len(journal.stdout) > 10_000
print(any(value in journal.stdout for value in values))
"""


class CommandLines:
    """Samples the command lines of every process on this machine and on its booted hosts."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.seen: set[bytes] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def sampling(self) -> bool:
        """Return whether there are samples, and sampling still works."""
        return bool(self.seen) and self._thread.is_alive()

    def _sample(self) -> None:
        while not self._ended.wait(0.05):
            self.seen.update(_command_lines())


def _command_lines() -> Iterator[bytes]:
    """Return the command lines of all processes now. `ps` would take 14 times the CPU time."""
    for process in os.listdir("/proc"):  # noqa: PTH208 - names alone, some twenty times a second
        if process.isdigit():
            with suppress(OSError), open(f"/proc/{process}/cmdline", "rb", buffering=0) as file:  # noqa: PTH123
                yield file.read().replace(b"\0", b" ")


def spilled(there: Staying, lines: CommandLines, values: Iterable[str]) -> set[str]:
    """Return every place of the rehearsal `there` that holds one of `values`, or a line of one.

    The places are: every file that its hosts wrote to disk, Docker's included; the app, its
    assembly, and the logs of the cdk CLI, the embedded AWS, the load balancers and the consoles;
    the rehearsal's output; the newest host's journal; all command `lines`; and templates, events
    and user data in AWS.
    """
    parts = {part for value in values for line in value.splitlines() for part in _forms(line)}
    assert parts
    assert lines.sampling
    told = {"what the rehearsal printed": there.err, **dict(_in_aws(there))}
    seen = tuple(lines.seen)  # the log grows meanwhile
    told |= {f"the command line {line!r}": line for line in map(_text, seen)}
    found = {place for place, text in told.items() if any(part in text for part in parts)}
    return found | _in_journal(there, parts) | _in_files(there, parts)


def _forms(line: str) -> set[str]:
    """Return `line` as text and as JSON; the first line of a key is not secret."""
    return {line, json.dumps(line)[1:-1]} if line and not line.startswith("-----") else set()


def _in_files(there: Staying, parts: set[str]) -> set[str]:
    folder = there.temporary.parent
    done = subprocess.run(
        ["grep", "-rlaF", "--devices=skip", "--file=-", "."],
        input="\n".join(parts).encode(),
        cwd=folder,
        capture_output=True,
        check=False,
    )
    # Files of a running rehearsal may disappear during the search; other errors count.
    errors = [line for line in _text(done.stderr).splitlines() if "No such file" not in line]
    assert done.returncode in (0, 1) or (done.stderr and not errors), errors
    return {line.removeprefix("./") for line in _text(done.stdout).splitlines()}


def _in_journal(there: Staying, parts: set[str]) -> set[str]:
    """Search the journal by `journalctl`: on disk it is compressed."""
    # Encoded, or the search would find the values in its own command line.
    encoded = base64.b64encode("\0".join(parts).encode()).decode()
    return {JOURNAL} if there.run("python3", "-c", SEARCH, encoded) == "True" else set()


def _in_aws(there: Staying) -> Iterator[tuple[str, str]]:
    aws = clients(Environment(), there.endpoint)
    cloudformation = aws["cloudformation"]
    for stack in cloudformation.describe_stacks()["Stacks"]:
        name = stack["StackName"]
        template = cloudformation.get_template(StackName=name)["TemplateBody"]
        yield f"the template of {name}", json.dumps(template)
        events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
        yield f"the events of {name}", json.dumps(events, default=str)
    for template in aws["ec2"].describe_launch_templates()["LaunchTemplates"]:
        name = template["LaunchTemplateName"]
        answer = aws["ec2"].describe_launch_template_versions(LaunchTemplateName=name)
        for version in answer["LaunchTemplateVersions"]:
            data = base64.b64decode(version["LaunchTemplateData"]["UserData"])
            yield f"the user data of {name}", _text(data)


def _text(content: bytes) -> str:
    return content.decode(errors="replace")
