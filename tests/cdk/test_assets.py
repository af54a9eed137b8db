"""Which payloads of a cloud assembly belong to which stack."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk

from porter.build.assets import payloads
from porter_cdk import PorterHost


def test_stacks_that_share_a_synthesizer_have_their_own_payloads(tmp_path: Path) -> None:
    """Their manifests name each other's files."""
    app, shared = cdk.App(outdir=str(tmp_path)), cdk.DefaultStackSynthesizer()
    for name in ("One", "Two"):
        stack = cdk.Stack(app, name, synthesizer=shared)
        PorterHost(stack, "Host")
        PorterHost(cdk.NestedStack(stack, "Inner"), "Host", min_capacity=2)
    app.synth()
    files = json.loads((tmp_path / "Two.assets.json").read_text())["files"].values()
    named = [one for one in files if one.get("displayName", "").endswith("Host/Payload")]
    assert len(named) == 4
    found = [one.host for one in payloads(tmp_path)]
    assert sorted(host for host in found if "Inner" not in host) == ["One/Host", "Two/Host"]
