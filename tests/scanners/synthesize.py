"""Synthesize every example of the documentation under cdk-nag, which must be importable.

`python -m tests.scanners.synthesize FOLDER` writes for each example FOLDER/templates/NAME.json and
FOLDER/reports/NAME.json, the findings of CDK's validation plugins. FOLDER/ours.json has for each
example the construct paths of what porter makes.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import sys
from pathlib import Path

os.environ["CDK_CONTEXT_JSON"] = '{"aws:cdk:enable-path-metadata": true}'

import porter_cdk  # isort: skip  (first: it chooses the node that aws_cdk starts)
import aws_cdk as cdk

from tests.harness.examples import BLOCKS, Names, lay_out

OURS = (porter_cdk.PorterService, porter_cdk.PorterHost)
SHARED_VPC = "Hello/PorterVpc"


def synthesize(name: str, block: str, folder: Path) -> list[str]:
    """Synthesize the example `block`; return the paths of what porter makes in it."""
    names = Names(stack=cdk.Stack(cdk.App(), "Hello"))
    exec(block, {}, names)  # noqa: S102 - it is our own page
    app = names["stack"].node.root  # some examples make their own
    checks = importlib.import_module("cdk_nag").AwsSolutionsChecks(app)
    cdk.Validations.of(app).add_plugins(checks)
    with contextlib.suppress(RuntimeError):  # "Validation failed": the report has the findings
        app.synth(force=True)
    [template] = Path(app.outdir).glob("*.template.json")
    shutil.copyfile(template, folder / "templates" / f"{name}.json")
    report = Path(app.outdir, "validation-report.json")
    shutil.copyfile(report, folder / "reports" / f"{name}.json")
    return [node.node.path for node in app.node.find_all() if isinstance(node, OURS)]


def main(folder: Path) -> None:
    """Synthesize all examples."""
    files = folder / "files"
    for one in (files, folder / "templates", folder / "reports"):
        one.mkdir()
    lay_out(files)
    os.chdir(files)
    ours = {name: [SHARED_VPC, *synthesize(name, block, folder)] for name, block in BLOCKS.items()}
    (folder / "ours.json").write_text(json.dumps(ours))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
