"""Write docs/reference/constructs.md: `python -m tests.arguments.reference`.

tests/arguments/constructs.md has what people write: the order, an example of each class, and what
becomes of the class in the template. Everything else comes from signatures, docstrings and tests.
"""

from __future__ import annotations

import inspect
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import porter_cdk  # before `constructs`, because it chooses the node
from tests.arguments.marks import marks
from tests.arguments.public import arguments, default_of, meaning_of, type_of
from tests.matrix import update_matrix
from tests.matrix.update_matrix import Effect

from constructs import Construct  # isort: skip

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "constructs.md"
WRITTEN = Path(__file__).with_name("constructs.md")

ROWS = {
    "conditions": "its `conditions`",
    "domain_name": "`domain_name` and `domain_zone`",
    "domain_zone": "`domain_name` and `domain_zone`",
    "health_check": "`HealthCheck.path`",
    "http": "`Http.deny_paths`",
    "jobs": "the first job",
    "listener": "`listener`, of another load balancer",
    "min_capacity": "`min_capacity`, and with it `min_healthy`",
    "priority": "its `priority`",
    "run": "an argument",
    "setup": "one setup step more",
    "workers": "one worker more",
}
"""The row of the update matrix for an argument, if the row has another name."""

SAID = {
    "host": "the other host's resources, instead of new ones",
    "rollout": "nothing yet: there is one rollout",
    "vpc": "the network of all resources, instead of a new `VPC` with its subnets",
}
"""Arguments that are no row of the matrix, because they make another app."""


def names() -> list[str]:
    """Return the names of classes in the order of the page."""
    return re.findall(r"^## (\w+)$", WRITTEN.read_text(), re.MULTILINE)


def page(effects: Mapping[str, Effect]) -> str:
    """Return the whole page; `effects` has the rows of the update matrix by name."""
    found: dict[str, list[str]] = {}
    for mark in marks():
        found.setdefault(mark.argument, []).append(mark.effect)
    text = WRITTEN.read_text()
    for name in names():
        heading = f"## {name}\n"
        before, after = text.split(heading)
        written, between, rest = after.partition("\n## ")
        tables = "".join(_tables(name, found, effects))
        text = f"{before}{heading}\n{_said(name)}{written}{tables}{between}{rest}"
    return text


def _said(name: str) -> str:
    """Return the docstring of a class, without its entries for arguments."""
    text = inspect.getdoc(getattr(porter_cdk, name)) or ""
    return f"{_prose(text)}\n"


def _prose(docstring: str) -> str:
    """Return the paragraphs that are about no single argument and no error."""
    kept = [one for one in docstring.split("\n\n") if not re.match(r"[a-z_0-9, ]+: |Raises ", one)]
    return "\n\n".join(" ".join(one.split()) for one in kept)


def _tables(
    name: str, found: Mapping[str, list[str]], effects: Mapping[str, Effect]
) -> Iterator[str]:
    owned = [one for one in arguments() if re.match(rf"{name}\b", one)]
    groups: dict[str, list[str]] = {}
    for one in owned:
        groups.setdefault(one.partition("(")[0], []).append(one)
    for called, group in groups.items():
        if maker := called.partition(".")[2]:
            summary = inspect.getdoc(getattr(getattr(porter_cdk, name), maker)) or ""
            yield f"\n### {called}\n\n{_prose(summary)}\n"
        elif len(groups) > 1:
            yield "\n### Arguments of all these\n"
        for one in group:
            if not one.endswith("()"):
                yield _argument(one, found, effects)
    if members := _members(getattr(porter_cdk, name)):
        yield "\n| attribute or method | |\n|---|---|\n" + "".join(members)
    if name == "PorterService":
        yield "\n`PorterService` also takes the arguments of [`PorterHost`](#porterhost).\n"


def _argument(argument: str, found: Mapping[str, list[str]], effects: Mapping[str, Effect]) -> str:
    """Return a heading, so that a search finds each argument, and what there is to say."""
    called, _, name = argument.rstrip("=.)").partition("(")
    default = default_of(argument)
    kind = f"{type_of(argument)}, {default if default == 'required' else f'default: {default}'}"
    meaning = meaning_of(argument)
    lines = [meaning[:1].upper() + meaning[1:], kind]
    if called in ("PorterService", "PorterHost"):
        changes = SAID.get(name) or effects[ROWS.get(name, f"`{name}`")].changes
        lines.append(f"**Template:** {changes}")
    lines += [f"**Host:** {'; '.join(found[argument])}"] if argument in found else []
    text = "<br>\n".join(one for one in lines if one)
    return f"\n#### `{called}.{name}`\n\n{text}\n"


def _members(exported: type) -> list[str]:
    """Return the rows of a construct's attributes, and of the methods of a service."""
    if not issubclass(exported, Construct):
        return []
    rows = []
    for name in sorted(set(dir(exported)) - set(dir(Construct))):
        member = getattr(exported, name)
        method = callable(member) and exported is porter_cdk.PorterService
        if not name.startswith("_") and (isinstance(member, property) or method):
            text = (inspect.getdoc(member) or "").partition("\n\n")[0]
            rows.append(f"| `{name}{'(...)' if method else ''}` | {' '.join(text.split())} |\n")
    return rows


def needed() -> list[str]:
    """Return the names of the rows of the update matrix that the page needs."""
    owned = (re.fullmatch(r"Porter(?:Service|Host)\((\w+)=\.\.\.\)", one) for one in arguments())
    return [ROWS.get(one[1], f"`{one[1]}`") for one in owned if one and one[1] not in SAID]


if __name__ == "__main__":
    rows = [row for row in update_matrix.ROWS if row.name in set(needed())]
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page(update_matrix.effects(Path(folder), rows)))
