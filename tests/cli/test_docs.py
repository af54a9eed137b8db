"""The documentation is correct: links and anchors exist, and the notebook's cells run."""

import re
from pathlib import Path
from typing import Any

import pytest

from porter.cli.scaffold import create_app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("app_template/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", page.read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_anchor_leads_to_a_heading(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text())
    found = {target: _anchors(page.parent / target if target else page) for target, _ in links}
    assert [f"{target}#{anchor}" for target, anchor in links if anchor not in found[target]] == []


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "index.md"
    reached = {(index.parent / link).resolve() for link in _links(index)}
    pages = {page for page in PAGES if page.is_relative_to(ROOT / "docs") and page != index}
    assert {page for page in pages if page.parent.name != "adr"} <= reached


def _links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^)#:]+)\)", page.read_text())


def _anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub names them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    names: list[str] = []
    anchors: set[str] = set()
    for heading in re.findall(r"^#+ +(.+)$", text, re.MULTILINE):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        name = re.sub(r"[^\w -]", "", words).replace(" ", "-")
        anchors.add(f"{name}-{names.count(name)}" if name in names else name)
        names.append(name)
    return anchors


def test_the_cells_of_the_notebook_page_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    create_app(tmp_path / "hello")
    monkeypatch.chdir(tmp_path)
    page = ROOT / "docs" / "how-to" / "run-porter-from-a-notebook.md"
    names: dict[str, Any] = {}
    for cell in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        exec(cell, names)  # noqa: S102 - it is our own page
    assert "CREATE_COMPLETE http://" in capsys.readouterr().out
    assert (tmp_path / "hello" / "cdk.out" / "manifest.json").is_file()
