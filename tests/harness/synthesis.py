"""Synthesize each app once in a test run, for tests of what happens after synthesis.

`cdk synth` costs 5 CPU seconds for each app: it loads CDK anew. One process that loads CDK once
takes a tenth of that. `porter rehearse` then runs an app that copies its ready cloud assembly.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path

from porter import toolchain

_CONTEXT = {
    "aws:cdk:enable-path-metadata": True,
    "aws:cdk:enable-asset-metadata": True,
    "aws:cdk:version-reporting": False,
    "aws:cdk:bundling-stacks": ["**"],
}
"""The variables that the cdk CLI sets for an app."""

_LAST = "manifest.json.last"

_TEMPORARY = tempfile.gettempdir()
"""A folder of the test run, and not of the sandbox whose test needs an assembly first."""


def synthesize_once(app: Path) -> Path:
    """Give `app` a ready cloud assembly, and return `app`.

    The assembly may come from an earlier app of the same content. Later changes to the files of
    `app` have no effect.
    """
    error = _synthesizer().assembly(app)
    assert not error, error
    return app


def refusal_of(app: Path) -> str:
    """Return the traceback with which synthesis refuses `app`; empty if synthesis succeeds."""
    return _synthesizer().assembly(app)


class _Synthesizer:
    """The child process (`synthesizing`), and the assemblies that it made."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="psynth", dir=_TEMPORARY)
        self._lock = threading.Lock()
        self._made: dict[str, str] = {}
        context = json.dumps(_CONTEXT)
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("synthesizing.py"))],
            env={
                **toolchain.environment(os.environ),
                "CDK_OUTDIR": str(Path(self._folder.name, "out")),
                "CDK_CONTEXT_JSON": context,
                "CDK_VALIDATION": "false",
                "TMPDIR": self._folder.name,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def assembly(self, app: Path) -> str:
        """Point `app` at its assembly; return the traceback if synthesis fails."""
        content = _content(app)
        with self._lock:
            if content not in self._made:
                self._made[content] = self._synthesize(app)
            error = self._made[content]
        if not error:
            ready = shlex.quote(str(Path(self._folder.name, content)))
            # CDK writes the manifest last, and a rehearsal goes on as soon as it is there.
            put = f'cp -rT {ready} "$CDK_OUTDIR"; cd "$CDK_OUTDIR"; mv {_LAST} manifest.json'
            settings = {"app": f"set -e; {put}"}
            (app / "cdk.json").write_text(json.dumps(settings), "utf-8")
        return error

    def close(self) -> None:
        """End the child and remove the assemblies."""
        self._process.communicate()
        self._folder.cleanup()

    def _synthesize(self, app: Path) -> str:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{app}\n")
        self._process.stdin.flush()
        error: str = json.loads(self._process.stdout.readline())
        if not error:
            made = (app / "cdk.out").rename(Path(self._folder.name, _content(app)))
            (made / "manifest.json").rename(made / _LAST)
        return error


_starting = threading.Lock()


def _synthesizer() -> _Synthesizer:
    """Return the only synthesizer, for any thread: each would cost 5 CPU seconds."""
    with _starting:
        return _started()


@cache
def _started() -> _Synthesizer:
    made = _Synthesizer()
    atexit.register(made.close)
    return made


def _content(app: Path) -> str:
    """Return a digest of the paths and bytes of every file of `app`, outside `cdk.out`."""
    digest = hashlib.sha256()
    for path in sorted(app.rglob("*")):
        name = path.relative_to(app)
        if path.is_file() and name.parts[0] != "cdk.out":
            digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()
