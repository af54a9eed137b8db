"""A notebook shows what a service is made of."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk

from porter_cdk import PorterService, Process


def test_a_service_displays_its_resources(source: Path) -> None:
    stack = cdk.Stack(cdk.App(), "Hello")
    run = Process(["python3", "main.py"], source=source, port=8000)
    service = PorterService(stack, "Service", run=run)
    table = service._repr_html_()
    assert "PorterService Hello/Service (hello-service)" in table
    assert "<td>Host/AutoScalingGroup/ASG</td><td>AWS::AutoScaling::AutoScalingGroup</td>" in table
    resources = table.count("<tr>") - 1
    assert repr(service) == f"<PorterService Hello/Service: {resources} resources>"
    assert service._repr_html_() == table  # a cell can be run twice
