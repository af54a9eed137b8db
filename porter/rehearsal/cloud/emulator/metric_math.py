"""Keep alarms on metric math, which ministack refuses; no alarm is evaluated."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any

_BESIDE = ("Dimensions", "ExtendedStatistic", "MetricName", "Namespace", "Period", "Statistic")


def keep_metric_math(provisioners: ModuleType) -> None:
    """Accept `Metrics` of an alarm as CloudWatch does.

    CloudWatch API Reference, "PutMetricAlarm": exactly one of the metrics returns data, and the
    properties of a single metric are refused beside them.
    """
    original = provisioners._cw_metric_alarm_record  # noqa: SLF001 - no public name
    none = {"MetricName": "", "Namespace": ""}

    @functools.wraps(original)
    def record(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        given = dict(properties)
        metrics = given.pop("Metrics", None)
        if not metrics:
            return dict(original(name, properties))
        if beside := [one for one in _BESIDE if one in given]:
            raise ValueError(f"{beside[0]} must not be specified together with Metrics")
        if (
            len([one for one in metrics if str(one.get("ReturnData", True)).lower() != "false"])
            != 1
        ):
            raise ValueError("Exactly one element of the metrics list should return data")
        # ministack asks for both names, and stores them.
        kept = original(name, given | dict.fromkeys(none, "metric math"))
        return {**kept, **none, "Metrics": metrics}

    setattr(provisioners, "_cw_metric_alarm_record", record)  # noqa: B010 - private, and so untyped
