"""Apps of the kinds that public CDK examples show, each with a service in it.

Their resources are those of https://github.com/aws-samples/aws-cdk-examples (folder `python`).
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cases.page import PAGE, page
from tests.cases.table import INERT, PATH
from tests.harness.sandbox import Sandbox

APPS = Path(__file__).parent / "apps"

IN_CI = ("lookups", "context", "rules", "database", "uploads")


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run python -m tests.cases.page"


def test_every_app_is_in_the_table() -> None:
    assert {path.stem for path in APPS.glob("*.py")} == set(INERT)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.machines if name in IN_CI else pytest.mark.exhaustive)
        for name in INERT
    ],
)
def test_the_app_rehearses_and_lists_what_is_inert(sandbox: Sandbox, name: str) -> None:
    app = sandbox.app(name, app=(APPS / f"{name}.py").read_text("utf-8"))
    with suppress(FileNotFoundError):
        shutil.copyfile(APPS / f"{name}.json", app / "cdk.context.json")
    ended = sandbox.rehearse(app, "--json")
    assert ended.code == 0, ended.err + ended.out
    report: Any = ended.report
    assert (report["ok"], report["response_status"]) == (True, 200)
    inert = {one["type"] for one in report["not_exercised"]["resources"]}
    assert inert >= set(INERT[name])
    assert not inert & set(PATH)
    held = [one for one in report["not_exercised"]["assets"] if "/shop/mode" in one]
    assert bool(held) == (name == "lookups")
    looked_up = "".join(report["not_exercised"]["lookups"])
    assert ("vpc-provider" in looked_up) == (name == "lookups")
    assert all(one["bytes"] > 100 for one in report["payloads"])
    assert [f"/{one['host']}".rpartition("/")[2] for one in report["payloads"]] == ["Host"]
    assert ended.left.nothing, ended.left
