"""The child process of `synthesis`: run one app after another, with CDK loaded once.

Reads one app folder on each line. Writes a line of JSON for each: the traceback of the app, or an
empty string. Each cloud assembly is made in CDK_OUTDIR, and moved to `cdk.out` in the app's folder.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import sys
import traceback

import aws_cdk


def synthesize(app: str) -> str:
    """Run `app`/app.py; return its traceback, empty if the app succeeded."""
    out = os.environ["CDK_OUTDIR"]
    os.chdir(app)
    # CDK would not stage the same asset again, although its assembly was moved away.
    aws_cdk.AssetStaging.clear_asset_hash_cache()
    try:
        runpy.run_path("app.py", run_name="__main__")
    except BaseException:  # noqa: BLE001 - whatever ended the app, as the interpreter reports it
        shutil.rmtree(out, ignore_errors=True)
        return traceback.format_exc()
    shutil.move(out, "cdk.out")
    return ""


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # apps may print
    for line in sys.stdin:
        print(json.dumps(synthesize(line.rstrip("\n"))), file=answers, flush=True)


main()
