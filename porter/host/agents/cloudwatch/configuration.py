"""Render the CloudWatch agent's configuration.

Sections and keys are those of "Manually create or edit the CloudWatch agent configuration file"
(Amazon CloudWatch User Guide).
"""

from __future__ import annotations

import json
from typing import Any

from porter.errors import PorterError
from porter.host.agents.log_units import units_of
from porter.host.core.goal import Goal
from porter.spec import METRICS, CloudWatch, Files, LogSource

USER = "cwagent"
"""The user that the agent's package creates, and that the agent runs as."""


def configuration(goal: Goal, cloudwatch: CloudWatch) -> bytes:
    """Return the agent's JSON. Raises `PorterError` if there is nothing to send."""
    made: dict[str, Any] = {
        "agent": {
            "metrics_collection_interval": cloudwatch.interval_seconds,
            "region": goal.deployment.region,
            "run_as_user": USER,
        }
    }
    if logs := _logs(goal, cloudwatch):
        made["logs"] = {"logs_collected": logs}
    if cloudwatch.metrics:
        made["metrics"] = {
            "namespace": cloudwatch.namespace,
            "append_dimensions": {"InstanceId": "${aws:InstanceId}"},
            "metrics_collected": _metrics(cloudwatch),
        }
    if len(made) == 1:
        raise PorterError(
            "there is nothing to send: this host runs no container", where="cloudwatch/logs"
        )
    return json.dumps(made, indent=2, sort_keys=True).encode() + b"\n"


def _logs(goal: Goal, cloudwatch: CloudWatch) -> dict[str, Any]:
    """Each source gets a stream of its own in the log group, named INSTANCE/SOURCE."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for source in cloudwatch.logs:
        stream = f"{{instance_id}}/{_stream(source)}"
        entry: dict[str, Any] = {
            "log_group_name": str(cloudwatch.log_group),
            "log_stream_name": stream,
        }
        if isinstance(source, Files):
            entries.setdefault("files", []).append(entry | {"file_path": source.path})
            continue
        units = units_of(source, goal.spec) or ()
        if units:
            entries.setdefault("journald", []).append(entry | {"units": list(units)})
        elif source.kind == "journal":
            entries.setdefault("journald", []).append(entry)
    return {section: {"collect_list": found} for section, found in entries.items()}


def _stream(source: LogSource) -> str:
    """Return the stream's name, which can contain neither `:` nor `*` (CreateLogStream)."""
    if isinstance(source, Files):
        return source.path.strip("/").replace("*", "_").replace(":", "_")
    units = source.units if source.kind == "journal" else ()
    return "-".join((source.kind, *(unit.replace(":", "_") for unit in units)))


def _metrics(cloudwatch: CloudWatch) -> dict[str, Any]:
    sections: dict[str, Any] = {}
    for metric in cloudwatch.metrics:
        section, measurement = METRICS[metric]
        sections.setdefault(section, {"measurement": []})["measurement"].append(measurement)
    if "disk" in sections:
        sections["disk"]["resources"] = ["/"]
    if "cpu" in sections:
        sections["cpu"]["totalcpu"] = True
    return sections
