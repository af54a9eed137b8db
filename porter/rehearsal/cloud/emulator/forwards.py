"""Keep the weights of forward actions, which ministack 1.5.33 drops."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import ModuleType
from typing import Any


def keep_weights(provisioners: ModuleType, load_balancing: ModuleType) -> None:
    """Keep an action's `ForwardConfig`, and return it when listeners and rules are described."""
    original = provisioners._elbv2_listener_actions  # noqa: SLF001
    described = load_balancing._action_xml  # noqa: SLF001

    @functools.wraps(original)
    def actions(
        properties: Mapping[str, Any], balancer: str | None, prop: str = "DefaultActions"
    ) -> list[Any]:
        found: list[Any] = original(properties, balancer, prop)
        given = [one for one in properties.get(prop) or () if isinstance(one, dict)]
        for entry, action in zip(found, given, strict=True):
            if isinstance(action.get("ForwardConfig"), dict):
                entry["ForwardConfig"] = action["ForwardConfig"]
        return found

    def action_xml(action: Mapping[str, Any]) -> str:
        text: str = described(action)
        groups = "".join(
            f"<member><TargetGroupArn>{one['TargetGroupArn']}</TargetGroupArn>"
            f"<Weight>{one.get('Weight', 1)}</Weight></member>"
            for one in action.get("ForwardConfig", {}).get("TargetGroups", ())
        )
        config = f"<ForwardConfig><TargetGroups>{groups}</TargetGroups></ForwardConfig>"
        return text.replace("</member>", f"{config}</member>", 1) if groups else text

    setattr(provisioners, "_elbv2_listener_actions", actions)  # noqa: B010 - private, and so untyped
    setattr(load_balancing, "_action_xml", action_xml)  # noqa: B010
