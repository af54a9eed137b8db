"""Find out whether two syntheses differ by their payloads alone, which a hot apply replaces."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from porter.build.assets import assets, payloads
from porter.rehearsal.cloud.assembly import Environment, read_assembly, templates
from porter.rehearsal.fleet.host import Host
from porter.spec import HostSpec, ports_of

_RELEASE = "Changes whenever hosts are replaced"
"""The description of the output of each `PorterHost` with the name of its release."""

_SHOWN = 3

Blueprint = Mapping[str, Mapping[str, str]]
"""The JSON of each part of each stack's template, by the stack's id, nested stacks by their file,
without what depends on payloads."""


def blueprint(assembly: Path) -> Blueprint:
    """Return what a deployment of `assembly` makes, payloads and releases aside."""
    nested = [one for one in assets(assembly) if one.is_nested_template]
    names = [stack.id for stack in read_assembly(assembly, Environment())]
    names += [f"{one.stack}/{one.file.name}" for one in nested]
    found = [template for _, template in templates(assembly, Environment())]
    found += [json.loads(one.file.read_text("utf-8")) for one in nested]
    varying = [one for template in found for one in _releases(template)]
    varying += [one.key for one in nested]  # their content is compared instead
    for payload in payloads(assembly):
        varying += [payload.sha256, payload.file.name.split(".")[1]]
    pattern = re.compile("|".join(map(re.escape, varying)) or r"(?!)")
    return {
        name: {
            key: pattern.sub("*", text)
            for section, content in template.items()
            for key, text in _parts(pattern, section, content)
        }
        for name, template in zip(names, found, strict=True)
    }


def difference(old: Blueprint, new: Blueprint) -> str:
    """Return why the step from `old` to `new` is a deployment; empty if it need not be one."""
    if old.keys() != new.keys():
        return f"the stacks change: {', '.join(sorted(old.keys() ^ new.keys()))}"
    changed = [
        _title(new[stack].get(key) or old[stack][key], key)
        for stack in new
        for key in sorted(old[stack].keys() | new[stack].keys())
        if old[stack].get(key) != new[stack].get(key)
    ]
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return f"the template changes: {', '.join(changed[:_SHOWN])}{more}" if changed else ""


def refusal(host: Host, spec: HostSpec, *, moves_ports: bool) -> str:
    """Return why `host` cannot have `spec` by a hot apply; empty if it can."""
    web = spec.web
    if web and web.kind == "process" and web.port:
        number = re.compile(rf"(?<!\d){web.port}(?!\d)")
        named = [one for one in web.command if number.search(str(one)) and "PORT" not in str(one)]
        if named:
            return (
                f"the command names port {web.port} ({named[0]!r}), and a hot apply starts the new "
                "program on another one; let it listen on $PORT"
            )
    back = {moved: port for port, moved in host.ports.items()}
    known = {back.get(port, port) for port in ports_of(host.spec)}
    new = sorted({*ports_of(spec)} - known)
    if new and moves_ports:
        return f"port {new[0]} is new, and ports of this machine move only when it starts"
    return ""


def _releases(template: Mapping[str, Any]) -> Sequence[str]:
    outputs = template.get("Outputs", {}).values()
    return [str(one["Value"]) for one in outputs if one.get("Description") == _RELEASE]


def _parts(pattern: re.Pattern[str], section: str, content: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - a template
    if not isinstance(content, dict):
        return [(section, json.dumps(content, sort_keys=True))]
    return [
        (f"{section}/{pattern.sub('*', name)}", json.dumps(value, sort_keys=True))
        for name, value in content.items()
        if not (isinstance(value, dict) and value.get("Type") == "AWS::CDK::Metadata")
    ]


def _title(text: str, key: str) -> str:
    """Return the construct's path and type of a resource, or the key of anything else."""
    value = json.loads(text)
    if not (key.startswith("Resources/") and isinstance(value, dict)):
        return key
    path = value.get("Metadata", {}).get("aws:cdk:path", key.removeprefix("Resources/"))
    return f"{path.removesuffix('/Resource')} ({value.get('Type')})"
