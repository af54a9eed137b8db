"""Apps that cannot be rehearsed: exit code 1, and the reason."""

from __future__ import annotations

import json
import re

import pytest

from tests.harness.sandbox import Sandbox
from tests.harness.slowness import slowness
from tests.harness.synthesis import synthesize_once

ANSWERS_500 = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(500)


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def test_a_folder_without_an_app_is_an_error_with_a_cure(sandbox: Sandbox) -> None:
    folder = sandbox.folder / "empty"
    folder.mkdir()
    ended = sandbox.rehearse(folder)
    assert ended.code == 1
    assert "there is no cdk.json" in ended.err
    assert "porter init" in ended.err
    assert ended.left.nothing, ended.left


def test_an_app_that_takes_longer_than_timeout_is_ended(sandbox: Sandbox) -> None:
    ended = sandbox.rehearse(
        sandbox.app("slow", app="import time\ntime.sleep(60)\n"), "--timeout", "3"
    )
    assert ended.code == 1
    assert "not finished after 3 s" in ended.out
    assert ended.left.nothing, ended.left


@pytest.mark.machines
def test_a_rehearsal_that_ends_before_porterd_gives_up_says_what_porterd_sees(
    sandbox: Sandbox,
) -> None:
    app = synthesize_once(sandbox.app("failing", service__main=ANSWERS_500))
    timeout = round(min(25 * slowness(), 200))
    ended = sandbox.rehearse(app, "--timeout", str(timeout))
    assert ended.code == 1
    host = r"hello-service i-[0-9a-f]+: GET /health on port \d+: answered 500"
    assert re.search(f"not finished after {timeout} s: {host}", ended.out), ended.out
    assert re.search(rf"^  healthy \.\.\.  1\d s  {host}", ended.err, re.MULTILINE), ended.err
    [total] = re.findall(r"^  total +([0-9.]+) s$", ended.out, re.MULTILINE)
    assert float(total) >= timeout
    assert re.search(r"^  healthy +[0-9.]+ s +█+ +failed\n  total", ended.out, re.MULTILINE)
    assert ended.left.nothing, ended.left


def test_templates_that_the_cdk_refuses_fail_the_rehearsal_that_they_run_beside(
    sandbox: Sandbox,
) -> None:
    """The validator ends after the stack is under way: its verdict still counts."""
    app = sandbox.app("refused")
    code = (app / "app.py").read_text("utf-8")
    bucket = 'aws_s3.CfnBucket(stack, "Bucket", access_control="Nobody")\napp.synth()'
    assert "\napp.synth()" in code
    code = "from aws_cdk import aws_s3\n" + code.replace("app.synth()", bucket)
    (app / "app.py").write_text(code, "utf-8")
    settings = json.loads((app / "cdk.json").read_text("utf-8"))
    settings.setdefault("context", {})["@aws-cdk/core:validateAgainstDefaultRules"] = True
    (app / "cdk.json").write_text(json.dumps(settings), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CDK_VALIDATION", "true")
        ended = sandbox.rehearse(app)
    assert ended.code == 1
    assert "cdk synth failed" in ended.out
    assert "Nobody" in ended.out
    assert ended.left.nothing, ended.left
