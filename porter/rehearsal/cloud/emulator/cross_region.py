"""References between stacks of several regions: the CDK writes and reads them as parameters.

Its functions need the AWS SDK for JavaScript, so they are played (aws-cdk-lib, core/lib/
custom-resource-provider/cross-region-export-providers).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

WRITER, READER = "Custom::CrossRegionExportWriter", "Custom::CrossRegionExportReader"


def play(
    modules: Mapping[str, ModuleType],
    request: str,
    type_name: str,
    properties: Mapping[str, Any],
    old: Mapping[str, Any] | None,
) -> dict[str, Any] | None:
    """Return the attributes of a writer or a reader; `None` for any other resource.

    An Update writes the names that are new, and removes those that are gone; a Delete removes all.
    A name whose value changes keeps its old value: so does aws-cdk-lib 2.275's function.
    """
    if type_name == READER:
        return dict(properties["ReaderProps"].get("imports", {}))
    if type_name != WRITER:
        return None
    requests, here = modules["requests"], modules["requests"].get_region()
    requests.set_request_region(properties["WriterProps"]["region"])
    exports = {} if request == "Delete" else properties["WriterProps"].get("exports", {})
    before = properties if request == "Delete" else old or {}
    there = before.get("WriterProps", {}).get("exports", {})
    try:
        for name in there.keys() - exports.keys():
            modules["parameters"]._parameters.pop(name, None)  # noqa: SLF001
        for name in exports.keys() - there.keys():
            value = exports[name]
            modules["parameters"]._parameters.pop(name, None)  # noqa: SLF001
            handlers = modules["provisioners"]._RESOURCE_HANDLERS  # noqa: SLF001
            wanted = {"Name": name, "Value": value, "Type": "String"}
            handlers["AWS::SSM::Parameter"]["create"]("Export", wanted, "")
    finally:
        requests.set_request_region(here)
    return {}
