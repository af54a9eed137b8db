"""An app that cannot work: exit code 1, and a reason that names what is wrong."""

from __future__ import annotations

import pytest

from tests.harness.ended import Ended
from tests.harness.sandbox import Sandbox

NEVER_HEALTHY = """
import sys
print("the database is not there", file=sys.stderr)
sys.exit(3)
"""


@pytest.fixture(scope="module")
def crashed(sandbox: Sandbox) -> Ended:
    """A rehearsal of the template, its service replaced by one that ends at once."""
    app = sandbox.app("crash", service__main=NEVER_HEALTHY)
    text = (app / "app.py").read_text("utf-8")
    (app / "app.py").write_text(
        text.replace(
            'health_check=HealthCheck("/health"),',
            'health_check=HealthCheck("/health"), timeout=cdk.Duration.seconds(60),',
        ),
        "utf-8",
    )
    return sandbox.rehearse(app, "--timeout", "90")


def test_a_service_that_crashes_fails_the_rehearsal_with_its_own_last_words(crashed: Ended) -> None:
    assert crashed.code == 1, crashed.err
    assert "signal FAILURE from i-" in crashed.out
    assert "the database is not there" in crashed.out


def test_a_failed_rehearsal_leaves_nothing_either(crashed: Ended) -> None:
    assert crashed.left.nothing, crashed.left


def test_an_app_that_does_not_synthesize_shows_its_traceback(sandbox: Sandbox) -> None:
    ended = sandbox.rehearse(sandbox.app("typo", app="import aws_cdk\nsurely_not_defined\n"))
    assert ended.code == 1
    assert "cdk synth failed" in ended.out
    assert "NameError: name 'surely_not_defined' is not defined" in ended.out
    assert ended.left.nothing, ended.left


def test_a_folder_without_an_app_is_an_error_with_a_cure(sandbox: Sandbox) -> None:
    folder = sandbox.folder / "empty"
    folder.mkdir()
    ended = sandbox.rehearse(folder)
    assert ended.code == 1
    assert "there is no cdk.json" in ended.err
    assert "porter init" in ended.err
    assert ended.left.nothing, ended.left


def test_an_app_that_takes_too_long_is_ended(sandbox: Sandbox) -> None:
    ended = sandbox.rehearse(
        sandbox.app("slow", app="import time\ntime.sleep(60)\n"), "--timeout", "3"
    )
    assert ended.code == 1
    assert "not finished after 3 s" in ended.out
    assert ended.left.nothing, ended.left
