"""Where a secret's value turns up that must not: on disks, in logs, in AWS, among the processes."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterable, Iterator
from typing import Self

from porter.rehearsal.cloud.account import clients
from porter.rehearsal.cloud.assembly import Environment
from tests.booted.stage import Staying

JOURNAL = "the journal"

SEARCH = """\
import base64, subprocess, sys
values = base64.b64decode(sys.argv[1]).split(b"\\0")
journal = subprocess.run(["journalctl", "--no-pager", "--output=export"], capture_output=True)
assert len(journal.stdout) > 10_000
print(any(value in journal.stdout for value in values))
"""


class CommandLines:
    """Samples the command lines of every process of this machine, its instances' included."""

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
        """Whether it has seen any, and still looks."""
        return bool(self.seen) and self._thread.is_alive()

    def _sample(self) -> None:
        while not self._ended.wait(0.05):
            done = subprocess.run(  # one process a sample, and not one read for each process
                ["ps", "-e", "-ww", "-o", "args="],
                capture_output=True,
                check=False,
            )
            self.seen.update(done.stdout.splitlines())


def spilled(there: Staying, lines: CommandLines, values: Iterable[str]) -> set[str]:
    """Every place of the rehearsal `there` that holds one of `values`, or one of its lines.

    That is: every file that its machines wrote to disk, Docker's included; the app, what synthesis
    made of it, and the logs of the cdk CLI, the embedded AWS, the load balancers and the machines'
    consoles; what the rehearsal told; the newest machine's journal; all command `lines`; templates,
    events and user data as AWS has them.
    """
    parts = {part for value in values for line in value.splitlines() for part in _forms(line)}
    assert parts
    assert lines.sampling
    told = {"what the rehearsal told": there.told, **dict(_in_aws(there))}
    seen = tuple(lines.seen)  # it grows meanwhile
    told |= {f"the command line {line!r}": line for line in map(_text, seen)}
    found = {place for place, text in told.items() if any(part in text for part in parts)}
    return found | _in_journal(there, parts) | _in_files(there, parts)


def _forms(line: str) -> set[str]:
    """`line` as it is and as JSON has it; where a key begins is no secret."""
    return {line, json.dumps(line)[1:-1]} if line and not line.startswith("-----") else set()


def _in_files(there: Staying, parts: set[str]) -> set[str]:
    folder = there.playground.folder
    done = subprocess.run(
        ["grep", "-rlaF", "--devices=skip", "--file=-", "."],
        input="\n".join(parts).encode(),
        cwd=folder,
        capture_output=True,
        check=False,
    )
    # Files of a living rehearsal may go while they are looked for; nothing else may go wrong.
    errors = [line for line in _text(done.stderr).splitlines() if "No such file" not in line]
    assert done.returncode in (0, 1) or (done.stderr and not errors), errors
    return {line.removeprefix("./") for line in _text(done.stdout).splitlines()}


def _in_journal(there: Staying, parts: set[str]) -> set[str]:
    """By itself: on disk it is compressed."""
    # Encoded: as they are they would be found in this very command line.
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
