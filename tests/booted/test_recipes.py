"""Each recipe of the page "Run your framework" rehearses and answers, as it is written there.

Libraries come from package indexes, so only two recipes run in CI.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from porter import toolchain
from tests.harness.conditions import boots
from tests.harness.examples import RECIPES
from tests.harness.sandbox import a_sandbox

_PARTS = re.split(r"^## ", RECIPES.read_text(), flags=re.MULTILINE)[1:]
SECTIONS = dict(part.split("\n", 1) for part in _PARTS)
ANSWERS = {
    "Flask": "Flask works",
    "FastAPI": '{"works":"FastAPI"}',
    "Django": "Django works, 0 users",
    "datasette": "<title>Datasette",
    "Express": "Express works",
    "A WebSocket server": None,
    "A task queue": None,
    "A static binary": "A binary works",
    "A slow starter": "loaded",
}
"""What each service answers at `/`; None if that is no page."""

IN_CI = ("Flask", "Express")
APP = """\
import aws_cdk as cdk
app = cdk.App()
stack = cdk.Stack(app, "Hello")
{}
app.synth()
"""


def files(section: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the content of each file of a recipe, `app.py` included."""
    pattern = r"^(?:In )?`([\w./]+)`:\n\n(?:```\w+\n(.*?)```|((?:    [^\n]*\n)+))"
    for path, fenced, indented in re.findall(pattern, section, re.MULTILINE | re.DOTALL):
        yield path, fenced or re.sub(r"^    ", "", indented, flags=re.MULTILINE)


def lay_out(app: Path, section: str) -> None:
    """Make the app of a recipe in `app`, as its reader does; loading takes seconds here."""
    shutil.rmtree(app / "service")
    (app / "service").mkdir()
    for path, text in files(section):
        content = APP.format(text) if path == "app.py" else text
        (app / path).write_text(content.replace('"LOAD_SECONDS": "600"', '"LOAD_SECONDS": "6"'))
    [lock] = re.findall(r"^    npm (install .*)$", section, re.MULTILINE) or [""]
    if lock:
        command = [*toolchain.npm(), *lock.split()]
        subprocess.run(command, cwd=app / "service", check=True, timeout=120)


def test_the_page_has_exactly_these_recipes() -> None:
    assert list(SECTIONS) == list(ANSWERS)
    assert all(dict(files(section)).get("app.py") for section in SECTIONS.values())


def marked() -> Iterator[object]:
    for recipe in ANSWERS:
        mark = pytest.mark.machines if recipe in IN_CI else pytest.mark.exhaustive
        yield pytest.param(recipe, (), id=f"{recipe}-process", marks=mark)
        booted = [pytest.mark.exhaustive, boots]
        yield pytest.param(recipe, ("--machine", "systemd"), id=f"{recipe}-systemd", marks=booted)


@pytest.mark.parametrize(("recipe", "options"), list(marked()))
def test_a_recipe_rehearses_and_answers(recipe: str, options: tuple[str, ...]) -> None:
    """The app is synthesized first: the rehearsal finds the libraries without a network."""
    with a_sandbox(*options) as sandbox:
        app = sandbox.app()
        lay_out(app, SECTIONS[recipe])
        subprocess.run(
            [sys.executable, "app.py"],
            cwd=app,
            env=toolchain.environment(os.environ | {"CDK_VALIDATION": "false"}),
            check=True,
            timeout=240,
        )
        if recipe == "A task queue":
            ended = sandbox.rehearse(app, "--json")
        else:
            process = sandbox.start(app, "--stay", "--json")
            staying = sandbox.staying(process)
            try:
                assert process.poll() is None, process.communicate()
                _check(recipe, staying.url)
            finally:
                ended = sandbox.end(process, process.terminate)
        assert json.loads(ended.out)["ok"], ended.out + ended.err


def _check(recipe: str, url: str) -> None:
    answer = ANSWERS[recipe]
    if answer:
        with urllib.request.urlopen(url, timeout=20) as response:
            assert answer in response.read().decode()
    else:
        assert _echoed(url, b"hello") == b"you said hello"


def _echoed(url: str, text: bytes) -> bytes:
    """Send `text` through a WebSocket (RFC 6455), and return the text of the answer."""
    place = urlsplit(url)
    assert place.hostname
    with socket.create_connection((place.hostname, place.port or 80), 20) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        with client.makefile("rb") as answers:
            assert answers.readline().startswith(b"HTTP/1.1 101 ")
            while answers.readline() != b"\r\n":
                pass
            client.sendall(bytes([0x81, 0x80 | len(text)]) + bytes(4) + text)  # a mask of zeros
            opcode, length = answers.read(2)
            assert opcode == 0x81
            return answers.read(length)
