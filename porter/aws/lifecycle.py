"""A lifecycle action of this host: Auto Scaling waits with its start or end until it is completed.

Amazon EC2 Auto Scaling User Guide, "Complete a lifecycle action in an Auto Scaling group".
"""

from __future__ import annotations

from typing import Any

from porter.aws.clients import ERRORS
from porter.aws.entry import Result
from porter.errors import PorterError

_NOT_ACTIVE = "No active Lifecycle Action found"
"""How Auto Scaling's answer begins (a ValidationError, which the API Reference leaves open)."""


class LifecycleError(PorterError):
    """Auto Scaling did not answer, or refused."""


class LifecycleAction:
    """The action of `instance_id` for the hook `hook` of `scaling_group`; `client` is boto3's."""

    def __init__(self, client: Any, scaling_group: str, hook: str, instance_id: str) -> None:  # noqa: ANN401
        self._client = client
        self._about = {
            "AutoScalingGroupName": scaling_group,
            "LifecycleHookName": hook,
            "InstanceId": instance_id,
        }

    def beat(self) -> bool:
        """Prolong the wait by the hook's time-out; return whether Auto Scaling waits at all.

        It waits (`Terminating:Wait`) once the load balancers have deregistered the host. Raises
        `LifecycleError`.
        """
        return self._call(self._client.record_lifecycle_action_heartbeat)

    def complete(self, result: Result = "CONTINUE") -> bool:
        """End the wait; return False if Auto Scaling did not wait any more.

        `ABANDON` ends a host that is being launched. Raises `LifecycleError`.
        """
        return self._call(self._client.complete_lifecycle_action, LifecycleActionResult=result)

    def _call(self, operation: Any, **options: str) -> bool:  # noqa: ANN401 - boto3's
        try:
            operation(**self._about, **options)
        except ERRORS as error:
            if _NOT_ACTIVE in str(error):
                return False
            where = f"{self._about['LifecycleHookName']} of {self._about['AutoScalingGroupName']}"
            raise LifecycleError(str(error), where=where) from error
        return True
