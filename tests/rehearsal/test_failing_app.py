"""Apps that cannot be rehearsed: exit code 1, and the reason."""

from __future__ import annotations

from tests.harness.sandbox import Sandbox


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
