"""Hosts of one stack that claim the same job: real processes and the embedded AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from porter.spec import Job, dumps
from tests.host.analyze import ONCE, install_analyze, once
from tests.host.fake_host import host_deployment, host_spec

TABLE = "Leases"
REPORT = Job(
    name="report", command=("./report",), schedule="minutely", timeout_seconds=60, missed="run"
)


@dataclass(frozen=True)
class LeaseHost:
    """A host below `root` after an apply; `environment` has its endpoints."""

    root: Path
    environment: Mapping[str, str]

    def boot(self, *, due: int, job: Job = REPORT) -> None:
        """Write the specification, in which `job` is due once."""
        job = replace(job, schedule=once(due))
        spec = replace(host_spec(), jobs=(job,), lease_table=TABLE)
        files = {"host.json": dumps(spec), "deployment.json": dumps(host_deployment())}
        folder = self.root / "etc/porter"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text)
        install_analyze(self.root, ONCE)

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start Python with `argv` as this host."""
        return subprocess.Popen(
            [sys.executable, *argv],
            env={**os.environ, **self.environment, "PORTER_ROOT": str(self.root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def porter(self, verb: str) -> tuple[int, str]:
        """Run `python -m porter.host.jobs VERB report`; return its exit code and its log."""
        process = self.start("-m", "porter.host.jobs", verb, "report")
        said, _ = process.communicate(timeout=120)
        return process.returncode, said

    def end(self, result: str = "success", code: str = "exited", status: str = "0") -> None:
        """Run the command that the job's unit runs after the job."""
        file = self.root / "run/porter/jobs/report.ended"
        arguments = ("-m", "porter.host.jobs.ended", str(file), result, code, status)
        assert self.start(*arguments).wait(30) == 0

    @property
    def token(self) -> str:
        """Return `PORTER_FENCING_TOKEN` of its job."""
        lines = (self.root / "run/porter/jobs/report.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)["PORTER_FENCING_TOKEN"].strip('"')

    @property
    def outcome(self) -> Any:
        """Return the outcome that `porter host show` prints."""
        return json.loads((self.root / "var/lib/porter/jobs/report.json").read_text())
