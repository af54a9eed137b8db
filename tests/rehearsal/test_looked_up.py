"""Which assets a report lists, because they hold the stand-in of a lookup."""

from __future__ import annotations

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_s3_assets as s3_assets

from porter.rehearsal.cloud.looked_up import holding
from porter_cdk import PorterService, Process

VPC = {"vpcId": "vpc-00123456789abcdef", "availabilityZones": ["us-east-1a"]}
ANSWERS = {
    "vpc": VPC,
    "mode": "stand-in-for-/shop/mode",
    "zone": {"Id": "/hostedzone/Z00123456789ABCDEF", "Name": "example.com."},
}


def assembly_of(tmp_path: Path, **environment: str) -> Path:
    """Synthesize a service with `environment`, and a folder as an asset beside it, in a stage."""
    source = tmp_path / "source"
    source.mkdir()
    source.joinpath("main.py").write_text("")
    app = cdk.App(outdir=str(tmp_path / "cdk.out"))
    stack = cdk.Stack(cdk.Stage(app, "Dev"), "Shop")
    run = Process(["python3", "main.py"], source=str(source), port=8000, environment=environment)
    PorterService(stack, "Service", run=run)
    site = tmp_path / "site"
    site.mkdir()
    site.joinpath("settings.json").write_text(json.dumps({"zone": environment.get("ZONE")}))
    s3_assets.Asset(stack, "Site", path=str(site))
    return Path(app.synth().directory)


def test_assets_with_a_stand_in_are_listed_with_its_lookup(tmp_path: Path) -> None:
    assembly = assembly_of(tmp_path, MODE="stand-in-for-/shop/mode", ZONE="Z00123456789ABCDEF")
    payload, site = sorted(holding(assembly, ANSWERS), reverse=True)
    assert payload.startswith("the payload of Dev/Shop/Service/Host: it holds the stand-in of the")
    assert payload.endswith(("lookup mode", "lookup zone"))
    assert site == "the asset Dev/Shop/Site: it holds the stand-in of the lookup zone"


def test_other_assets_and_templates_are_not_listed(tmp_path: Path) -> None:
    """A stand-in that is any app's word, such as a zone of the region, proves nothing."""
    assembly = assembly_of(tmp_path, ZONES="us-east-1a", NAME="example.com.")
    assert holding(assembly, ANSWERS) == []
    assert holding(tmp_path / "none", ANSWERS) == []
