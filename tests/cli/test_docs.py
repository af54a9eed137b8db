"""The documentation is correct: links and anchors exist, and the notebook's cells run."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.harness.effort import repeats
from tests.site.github import anchor

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to"
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
    anchors: set[str] = set()
    for heading in re.findall(r"^#+ +(.+)$", text, re.MULTILINE):
        anchor(re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading), anchors)
    return anchors


def test_the_cells_of_the_notebook_page_run_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real kernel runs the notebook, which has every cell of the page; in test-all twice."""
    notebook = nbformat.read(HOW_TO / "rehearse.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    page = (HOW_TO / "run-porter-from-a-notebook.md").read_text()
    written = "\n".join(cell.source for cell in cells)
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        assert block.strip() in written
    assert all(not cell.outputs for cell in cells), "commit it without outputs"
    notebook.cells = cells * repeats(ci=1, all=2)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    ).execute()
    shown = [output for cell in notebook.cells for output in cell.outputs]
    pages = [output.data["text/html"] for output in shown if "text/html" in output.get("data", {})]
    assert ["The rehearsal succeeded" in one for one in pages[:2]] == [True, False]
    assert "AWS::AutoScaling::AutoScalingGroup" in pages[1]
    assert any("CREATE_COMPLETE" in output.get("text", "") for output in shown)
    assert (tmp_path / "hello" / "cdk.out" / "manifest.json").is_file()
