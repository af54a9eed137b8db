"""`--image debian-13`: a release of Debian that has no python3.11."""

from __future__ import annotations

import pytest

from tests.harness.conditions import boots
from tests.harness.sandbox import Sandbox
from tests.harness.synthesis import synthesize_once

pytestmark = [
    pytest.mark.exhaustive,  # its image takes longer than its rehearsal
    boots,
    pytest.mark.timeout(600),  # the image may have to be built
]


def test_hello_completes_on_debian_13_with_its_own_python(sandbox: Sandbox) -> None:
    app = synthesize_once(sandbox.app())
    ended = sandbox.rehearse(app, "--json", "--image", "debian-13", "--timeout", "500")
    assert ended.code == 0, ended
    assert ended.report["stack_status"] == "CREATE_COMPLETE"
    assert [signal["status"] for signal in ended.report["signals"]] == ["SUCCESS"]
    assert ended.left.nothing, ended.left
