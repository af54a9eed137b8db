"""What a construct is made of, for a notebook's output."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from aws_cdk import CfnResource
from constructs import IConstruct

from porter_cdk.naming import service_name


def as_text(construct: IConstruct) -> str:
    """Return one line: the kind, the path and the number of resources."""
    count = len([*_resources(construct)])
    return f"<{type(construct).__name__} {construct.node.path}: {count} resources>"


def as_html(construct: IConstruct) -> str:
    """Return a table of the CloudFormation resources below `construct`, in order of their paths."""
    rows = "".join(
        f"<tr><td>{escape(path)}</td><td>{escape(kind)}</td></tr>\n"
        for path, kind in _resources(construct)
    )
    title = f"{type(construct).__name__} {construct.node.path}"
    name = service_name(construct.node.path)
    return (
        f"<table>\n<caption>{escape(title)} ({escape(name)})</caption>\n"
        f"<tr><th>construct</th><th>resource</th></tr>\n{rows}</table>\n"
    )


def _resources(construct: IConstruct) -> Iterator[tuple[str, str]]:
    """Yield the path below `construct` and the CloudFormation type of each resource."""
    above = f"{construct.node.path}/"
    for one in construct.node.find_all():
        if CfnResource.is_cfn_resource(one):
            yield one.node.path.removeprefix(above), getattr(one, "cfn_resource_type")  # noqa: B009 - jsii's type is only IConstruct
