"""`porter.notebook` takes the options of `porter rehearse`."""

from __future__ import annotations

import pytest

from porter.errors import PorterError
from porter.notebook import rehearse
from tests.harness.sandbox import Sandbox

APP = """
import aws_cdk as cdk
app = cdk.App()
color = app.node.try_get_context("color")
for name in ("One", "Two"):
    cdk.CfnWaitConditionHandle(cdk.Stack(app, f"{name}-{color}"), "Handle")
app.synth()
"""


def test_stacks_and_context_are_those_of_the_command(sandbox: Sandbox) -> None:
    """The refusal of a name lists the stacks that the context made."""
    app = sandbox.app(app=APP)
    with pytest.raises(PorterError, match=r"Three.*One-blue, Two-blue"):
        rehearse(app, stacks="Three", context={"color": "blue"}, quiet=True)
