"""The site of `make docs`: each link leads somewhere, and no page loads anything from elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.harness.chromium import Tab, needs_chromium
from tests.site import decisions

ROOT = Path(__file__).parents[2]
WINDOWS = [(width, scheme) for width in (1280, 360) for scheme in ("light", "dark")]
LOOKED_AT = ("index", "tutorial", "reference/constructs", "explanation/what-porter-makes")
TITLES = """
(() => {
  const found = [...document.querySelectorAll("*")].find(one => one.shadowRoot);
  return found ? [...found.shadowRoot.querySelectorAll("h2")].map(one => one.textContent) : [];
})()
"""


class Page(HTMLParser):
    """The links of a page, what it loads, and its anchors."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.feed(file.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what `tag` refers to."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        links = self.links if tag == "a" else self.loads
        links += [values[name] for name in ("href", "src") if name in values]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does."""
    folder = tmp_path_factory.mktemp("docs")
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "mkdocs.yml", folder)
    build = [sys.executable, "-m", "zensical", "build", "--strict", "-f", folder / "mkdocs.yml"]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """Every page by its file, but the one for servers that lack a page."""
    return {file: Page(file) for file in site.rglob("*.html") if file.name != "404.html"}


def test_every_page_is_on_the_site_and_every_link_leads_somewhere(
    site: Path, pages: dict[Path, Page]
) -> None:
    sources = (ROOT / "docs").rglob("*.md")
    assert {one.relative_to(ROOT / "docs").with_suffix(".html") for one in sources} == {
        one.relative_to(site) for one in pages
    }
    assert [one for file, page in pages.items() for one in _dead(file, page, pages)] == []


def _dead(file: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    for link in page.links + page.loads:
        parts = urllib.parse.urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (file.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else file
        if not target.is_file():
            yield f"{file.name}: {link}"
            continue
        anchors = pages[target].anchors if target in pages else {parts.fragment}
        if parts.fragment and urllib.parse.unquote(parts.fragment) not in anchors:
            yield f"{file.name}: {link}"


def test_no_page_loads_anything_from_elsewhere(pages: dict[Path, Page]) -> None:
    assert [one for page in pages.values() for one in page.loads if "//" in one] == []


def test_links_out_of_the_documentation_lead_to_files_of_the_repository(
    pages: dict[Path, Page],
) -> None:
    start = "https://github.com/porter-cdk/porter/blob/main/"
    found = {one for page in pages.values() for one in page.links if one.startswith(start)}
    paths = {urllib.parse.urlsplit(one.removeprefix(start)).path for one in found}
    assert "README.md" in paths
    assert [one for one in paths if not (ROOT / one).exists()] == []


def test_every_page_has_a_place_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text()
    found = (one.relative_to(ROOT / "docs") for one in (ROOT / "docs").rglob("*.md"))
    assert [
        one for one in found if f" {one}\n" not in navigation and one.parent.name != "adr"
    ] == []


def test_the_list_of_decisions_is_current() -> None:
    """If this fails: python -m tests.site.decisions."""
    assert decisions.PAGE.read_text() == decisions.page()


@needs_chromium
@pytest.mark.machines
@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_fits_a_desktop_and_a_phone_light_and_dark(
    chromium: Tab, site: Path, name: str
) -> None:
    for width, scheme in WINDOWS:
        chromium.visit((site / f"{name}.html").as_uri(), width, scheme)
        assert not chromium.complaints
        assert chromium.value("document.documentElement.scrollWidth") <= width
        behind = chromium.value("getComputedStyle(document.body).backgroundColor")
        assert (int(behind.strip("rgb(").partition(",")[0]) < 128) == (scheme == "dark")


@needs_chromium
@pytest.mark.machines
def test_search_finds_an_argument_without_a_server(chromium: Tab, site: Path) -> None:
    chromium.visit((site / "index.html").as_uri(), 1280, "light")
    chromium.until("document.querySelector('.md-search__button') !== null")
    chromium.value("document.querySelector('.md-search__button').click()")
    chromium.until("[...document.querySelectorAll('*')].some(one => one.shadowRoot)")
    chromium("Input.insertText", text="min_healthy")
    chromium.until(f"{TITLES}.length > 0")
    assert chromium.value(TITLES)[0] == "PorterHost.min_healthy"
    assert not chromium.complaints
