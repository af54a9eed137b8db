"""Apps that synthesis refuses: nothing is deployed, and the traceback leads to the line."""

from __future__ import annotations

from tests.failures.container_rows import instead
from tests.failures.rows import Failure

_PORT_LINE = 'app.py", line 10'

APP = (
    Failure(
        name="syntax-error",
        edits=(("app.synth()", "app.synth("),),
        seen="app.py\", line 13…SyntaxError: '(' was never closed",
        why="`app.py` is not Python.",
        cure="Mend the line.",
        signals=(),
        as_text=True,
        within=30,
    ),
    Failure(
        name="no-source",
        edits=(('"service"', '"servise"'),),
        seen=f"{_PORT_LINE}…SpecError: source: '…/servise' is not a folder",
        why="The folder to copy to the hosts is not there.",
        cure="Write `source` relative to the app's folder.",
        signals=(),
        as_text=True,
        within=30,
    ),
    Failure(
        name="port-0",
        edits=(("8000", "0"),),
        seen=f"{_PORT_LINE}…SpecError: port: must be 1-65535, got 0",
        why="No service can be reached on port 0.",
        cure="Name the port that the service listens on: it gets it as `$PORT`.",
        signals=(),
        as_text=True,
        within=30,
    ),
    Failure(
        name="port-99999",
        edits=(("8000", "99999"),),
        seen=f"{_PORT_LINE}…SpecError: port: must be 1-65535, got 99999",
        why="There is no such port.",
        cure="The same.",
        signals=(),
        as_text=True,
        within=30,
    ),
    Failure(
        name="port-text",
        edits=(("8000", '"8000"'),),
        seen=f"{_PORT_LINE}…SpecError: port: must be a whole number, got '8000'",
        why="The port is a string.",
        cure='Write `port=8000`, not `port="8000"`.',
        signals=(),
        as_text=True,
        within=30,
    ),
    Failure(
        name="image-by-tag",
        booted_too=False,
        edits=instead('Container.from_registry("nginx:1")'),
        seen=f"{_PORT_LINE}…SpecError: image: names no digest: 'nginx:1' may be another image on "
        "the next host (write NAME@sha256:..., or allow_tag=True)",
        why="A tag may be another image on the next host.",
        cure="Name the image by its digest, or say `allow_tag=True`.",
        signals=(),
        as_text=True,
        within=30,
    ),
)
