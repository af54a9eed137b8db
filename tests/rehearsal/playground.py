"""Rehearsals as a user starts them, in a temporary folder of their own that shows what is left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from porter.rehearsal.machines.image import image, missing

TEMPLATE = Path(__file__).parents[2] / "app_template"
POISON = {
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "CDK_DEFAULT_ACCOUNT": "999999999999",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}
"""What a user's shell may hold, each of which would lead a rehearsal astray."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A finished `porter rehearse`: its exit code, its output, and whatever it left behind."""

    code: int
    out: str
    err: str
    seconds: float
    processes: list[str]
    files: list[str]

    @property
    def report(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.out)


class Playground:
    """A TMPDIR that only the rehearsals of one test use, so that their remains can be told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "t"
        self.temporary.mkdir()

    def app(self, name: str = "app", **files: str) -> Path:
        """The app that `porter init` copies, with some of its files replaced."""
        app = self.folder / name
        shutil.copytree(TEMPLATE, app, ignore=shutil.ignore_patterns("cdk.out", "__pycache__"))
        for path, text in files.items():
            (app / path.replace("__", "/")).with_suffix(".py").write_text(text, "utf-8")
        return app

    def start(self, app: Path, *options: str) -> subprocess.Popen[str]:
        """`porter rehearse` in `app`, in a poisoned environment.

        The first image is built before: by a proxy that does not answer nothing can be fetched.
        """
        if "systemd" in options and os.geteuid() == 0 and not missing():
            image("debian-13" if "debian-13" in options else "debian-12")
        return subprocess.Popen(
            [sys.executable, "-m", "porter", "rehearse", *options],
            cwd=app,
            env={**os.environ, **POISON, "TMPDIR": str(self.temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, process: subprocess.Popen[str], began: float) -> Ended:
        """Wait for it to end."""
        out, err = process.communicate(timeout=120)
        return Ended(
            code=process.returncode,
            out=out,
            err=err,
            seconds=time.monotonic() - began,
            processes=self.processes(),
            files=[path.name for path in self.temporary.iterdir()],
        )

    def rehearse(self, app: Path, *options: str) -> Ended:
        """Start it and wait for it to end."""
        began = time.monotonic()
        return self.end(self.start(app, *options), began)

    def processes(self) -> list[str]:
        """The command line of every process of a rehearsal here."""
        return list(self.by_id().values())

    def by_id(self) -> dict[int, str]:
        """Every process whose command line, environment or folder names this TMPDIR."""
        mark = os.fsencode(self.temporary)
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes()
                about = words + (process / "environ").read_bytes()
                about += os.fsencode((process / "cwd").readlink())
            except OSError:
                continue  # it has ended, or is not ours
            if mark in about:
                found[int(process.name)] = words.replace(b"\0", b" ").decode(errors="replace")
        return found
