"""Synthesis refuses hosts that could not work, with a traceback into the user's code."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from porter.spec import SpecError
from porter_cdk import PorterHost, PorterService, Process


def test_a_host_runs_one_service(stack: cdk.Stack, run: Process) -> None:
    host = PorterHost(stack, "Host")
    PorterService(stack, "One", run=run, host=host)
    with pytest.raises(SpecError, match=r"host: Hello/Host runs hello-one already"):
        PorterService(stack, "Two", run=run, host=host)


def test_host_properties_belong_to_a_given_host(stack: cdk.Stack, run: Process) -> None:
    host = PorterHost(stack, "Host")
    with pytest.raises(SpecError, match="host: cannot be combined with min_capacity"):
        PorterService(stack, "One", run=run, host=host, min_capacity=2)


@pytest.mark.parametrize(
    ("props", "where"),
    [
        ({"min_capacity": 0}, "min_capacity"),
        ({"min_capacity": 2, "max_capacity": 1}, "max_capacity"),
        ({"desired_capacity": 3, "max_capacity": 2}, "desired_capacity"),
        ({"min_healthy": 2}, "min_healthy"),
        ({"min_healthy": 0}, "min_healthy"),
        ({"timeout": cdk.Duration.hours(13)}, "timeout_seconds"),
    ],
)
def test_impossible_groups_are_refused_at_once(
    props: dict[str, Any], where: str, stack: cdk.Stack
) -> None:
    with pytest.raises(SpecError) as refusal:
        PorterHost(stack, "Host", **props)
    assert refusal.value.where == where


def test_a_port_that_haproxy_needs_is_refused_at_once(stack: cdk.Stack, source: Path) -> None:
    process = Process(["./main"], source=source, port=80)
    with pytest.raises(SpecError, match="workloads/0/port: 80 is already proxy/port"):
        PorterService(stack, "Service", run=process)


def test_a_tag_that_metadata_cannot_show_is_refused(
    stack: cdk.Stack, run: Process, template_of: Any
) -> None:
    """EC2 launches no instance with such a tag while instance metadata shows tags."""
    PorterService(stack, "Service", run=run)
    cdk.Tags.of(stack).add("team/name", "blue")
    with pytest.raises(RuntimeError, match="tags/team/name"):
        template_of(stack)


def hide_tags(host: PorterHost) -> None:
    path = "LaunchTemplateData.MetadataOptions.InstanceMetadataTags"
    host.launch_template.add_property_override(path, "disabled")


@pytest.mark.parametrize("hides", [False, True], ids=["shown", "hidden"])
@pytest.mark.parametrize("propagates", [False, True], ids=["stays", "propagates"])
@pytest.mark.parametrize("of_stack", [False, True], ids=["of the group", "of the stack"])
def test_a_tag_is_refused_only_where_metadata_would_show_it(
    template_of: Any, *, hides: bool, propagates: bool, of_stack: bool
) -> None:
    """The stack's tags reach instances, whatever `apply_to_launched_instances` says."""
    stack = cdk.Stack(cdk.App(), "Hello")
    host = PorterHost(stack, "Host")
    tagged = stack if of_stack else host.auto_scaling_group
    cdk.Tags.of(tagged).add("Cost Center", "42", apply_to_launched_instances=propagates)
    if hides:
        hide_tags(host)
    if not hides and (propagates or of_stack):
        with pytest.raises(RuntimeError, match="tags/Cost Center: is a tag that instance metadata"):
            template_of(stack)
    else:
        template_of(stack)
