"""Scanners find in porter's part of the examples what security.md explains, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.scanners import tools
from tests.scanners.tools import Tools

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(4 * tools.SECONDS)]

PAGE = tools.ROOT / "docs" / "explanation" / "security.md"
EXPLAINED = set(
    re.findall(r"^\| (cdk-nag|cfn-lint|checkov|CDK) \| `(\S+)` \|", PAGE.read_text(), re.MULTILINE)
)
PLUGINS = {"AwsSolutions": "cdk-nag"}

Finding = tuple[str, str]
"""A tool and the rule that is broken."""


@dataclass(frozen=True, slots=True)
class Examples:
    """The synthesized examples in `folder`; `made` has the paths of what porter makes in each."""

    folder: Path
    made: Mapping[str, Sequence[str]]

    @property
    def templates(self) -> Path:
        return self.folder / "templates"

    def ours(self, name: str, path: str) -> bool:
        """Whether porter makes the construct at `path` of the example `name`."""
        return any(f"{path}/".startswith(f"{made}/") for made in self.made[name])

    def ours_by_id(self, name: str, logical_id: str) -> bool:
        template = json.loads((self.templates / f"{name}.json").read_text())
        return self.ours(name, template["Resources"][logical_id]["Metadata"]["aws:cdk:path"])


@pytest.fixture(scope="module")
def installed() -> Tools:
    return tools.install()


@pytest.fixture(scope="module")
def examples(installed: Tools, tmp_path_factory: pytest.TempPathFactory) -> Examples:
    folder = tmp_path_factory.mktemp("examples")
    return Examples(folder, tools.synthesize(installed, folder))


def validated(examples: Examples) -> Iterator[Finding]:
    """Yield what CDK's validation and its plugin cdk-nag found."""
    for file in (examples.folder / "reports").iterdir():
        for report in json.loads(file.read_text())["pluginReports"]:
            for violation in report["violations"]:
                paths = [one["constructPath"] for one in violation["violatingConstructs"]]
                if any(examples.ours(file.stem, path) for path in paths):
                    rule = violation["ruleName"].partition("[")[0]
                    yield PLUGINS.get(report["pluginName"], "CDK"), rule


def linted(installed: Tools, examples: Examples) -> Iterator[Finding]:
    templates = sorted(examples.templates.iterdir())
    for match in tools.report(installed, "cfn-lint", "--format", "json", "--", *templates):
        match match["Location"]["Path"]:
            case ["Resources", logical_id, *_]:
                ours = examples.ours_by_id(Path(match["Filename"]).stem, logical_id)
            case _:
                ours = True
        if ours:
            yield "cfn-lint", match["Rule"]["Id"]


def checked(installed: Tools, examples: Examples) -> Iterator[Finding]:
    options = ("--framework", "cloudformation", "--output", "json", "--quiet", "--skip-download")
    report = tools.report(installed, "checkov", *options, "--directory", examples.templates)
    assert report["summary"]["parsing_errors"] == 0
    for check in report["results"]["failed_checks"]:
        logical_id = check["resource"].rpartition(".")[2]
        if examples.ours_by_id(Path(check["file_path"]).stem, logical_id):
            yield "checkov", check["check_id"]


def test_scanners_find_what_the_page_explains_and_nothing_else(
    installed: Tools, examples: Examples
) -> None:
    assert len(examples.made) > 10
    found = {*validated(examples), *linted(installed, examples), *checked(installed, examples)}
    assert found == EXPLAINED
