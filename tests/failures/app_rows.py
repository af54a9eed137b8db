"""Apps that synthesis refuses: the traceback names the line, and nothing is deployed."""

from __future__ import annotations

from tests.failures.container_rows import instead
from tests.failures.rows import Refusal

_PORT_LINE = 'app.py", line 10'

APP = (
    Refusal(
        name="syntax-error",
        edits=(("app.synth()", "app.synth("),),
        seen="app.py\", line 13…SyntaxError: '(' was never closed",
        why="`app.py` is not valid Python.",
        cure="Correct the line.",
    ),
    Refusal(
        name="no-source",
        edits=(('"service"', '"servise"'),),
        seen=f"{_PORT_LINE}…SpecError: source: '…/servise' is not a folder",
        why="The folder that porter copies to the hosts does not exist.",
        cure="Write `source` relative to the app's folder.",
    ),
    Refusal(
        name="port-0",
        edits=(("8000", "0"),),
        seen=f"{_PORT_LINE}…SpecError: port: must be 1-65535, got 0",
        why="No client can connect to port 0.",
        cure="Write the port on which the service listens. The service also gets it as `$PORT`.",
    ),
    Refusal(
        name="port-99999",
        edits=(("8000", "99999"),),
        seen=f"{_PORT_LINE}…SpecError: port: must be 1-65535, got 99999",
        why="The number is too large for a port.",
        cure="Write the port on which the service listens.",
    ),
    Refusal(
        name="port-text",
        edits=(("8000", '"8000"'),),
        seen=f"{_PORT_LINE}…SpecError: port: must be a whole number, got '8000'",
        why="The port is a string.",
        cure='Write `port=8000`, not `port="8000"`.',
    ),
    Refusal(
        name="image-by-tag",
        edits=instead('Container.from_registry("nginx:1")'),
        seen=f"{_PORT_LINE}…SpecError: image: has no digest: 'nginx:1' may be another image on "
        "the next host (write NAME@sha256:..., or allow_tag=True)",
        why="A tag can be moved to another image, so two hosts may run different images.",
        cure="Name the image by its digest, or pass `allow_tag=True`.",
    ),
)
