"""Ask AWS what a drain asks: to be deregistered, for time, and for the end of the wait."""

from __future__ import annotations

import logging

from porter.aws import targets
from porter.errors import PorterError
from porter.host.drain.stages import Question
from porter.spec import DRAIN_HOOK, Deployment

_log = logging.getLogger("porter")


class Asking:
    """AWS, as `instance` of the Auto Scaling group `group` sees it."""

    def __init__(self, deployment: Deployment, group: str, instance: str) -> None:
        self._deployment = deployment
        self._group = group
        self._instance = instance

    def ask(self, asked: Question) -> bool | None:
        """Return whether AWS did what was `asked`; None without an answer, which is logged."""
        # boto3 only in a drain. A new client each time: one made without credentials gets none.
        from porter.aws.clients import URGENT, Clients  # noqa: PLC0415
        from porter.aws.lifecycle import LifecycleAction  # noqa: PLC0415

        aws = Clients.of_host(self._deployment.region, URGENT)
        try:
            if asked is Question.LEAVE:
                targets.leave(aws["elbv2"], self._deployment.target_groups, self._instance)
                return True
            action = LifecycleAction(aws["autoscaling"], self._group, DRAIN_HOOK, self._instance)
            return action.beat() if asked is Question.BEAT else action.complete()
        except PorterError as error:
            _log.warning("AWS: %s", error)
            return None
