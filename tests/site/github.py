"""Let zensical read Markdown as GitHub does: the anchors of headings, and links out of docs/.

A Markdown extension, named in mkdocs.yml.
"""

from __future__ import annotations

import posixpath
import re
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor

REPOSITORY = "https://github.com/porter-cdk/porter"
AFTER_INLINE = 15
"""The priority of Markdown's own `inline` is 20. That of its `toc`, which keeps an id, is 5."""


def anchor(heading: str, taken: set[str]) -> str:
    """Return the anchor that GitHub gives to the text of a heading; add it to `taken`."""
    plain = re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")
    number, name = 0, plain
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    taken.add(name)
    return name


def elsewhere(link: str, page: str) -> str:
    """Return `link` of `page`, a path below docs/, as an address of the repository if it leads out.

    A link to a folder leads to the folder's index.
    """
    if "://" in link or link.startswith(("#", "mailto:")):
        return link
    path, number_sign, fragment = link.partition("#")
    target = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), path))
    if not target.startswith("docs/"):
        return f"{REPOSITORY}/blob/main/{target}{number_sign}{fragment}"
    return f"{path}index.md" if path.endswith("/") else link


class _Processor(Treeprocessor):
    def run(self, root: Element) -> None:
        [context] = [one for one in self.md.preprocessors if hasattr(one, "page")]
        taken: set[str] = set()
        for element in root.iter():
            if re.fullmatch("h[1-6]", element.tag):
                element.set("id", anchor("".join(element.itertext()), taken))
            for name in ("href", "src"):
                if link := element.get(name):
                    element.set(name, elsewhere(link, context.page.path))


class GitHub(Extension):
    """Anchors and links as on GitHub."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's name
        """Run after Markdown's inline patterns, and before its table of contents."""
        md.treeprocessors.register(_Processor(md), "github", AFTER_INLINE)


def makeExtension() -> Extension:  # noqa: N802 - Markdown looks for this name
    """Return the extension."""
    return GitHub()
