"""Take an instance out of its target groups, put it back, and ask for its health.

`python -m porter.aws.targets leave|join REGION INSTANCE ARN...` prints one JSON object: `{}`, or
`{"problem": "..."}` with AWS's reason. porterd starts this process, so that the 25 MB of an AWS SDK
are freed when it ends.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from porter.errors import PorterError


class TargetHealth(NamedTuple):
    """The health of this host in a target group, in AWS's words ("TargetHealth")."""

    target_group: str
    state: str
    reason: str = ""
    description: str = ""

    def __str__(self) -> str:
        """Say it as AWS does, as in `unhealthy in Hello (Target.Timeout: Request timed out)`."""
        why = ": ".join(filter(None, (self.reason, self.description)))
        return f"{self.state} in {self.target_group}{f' ({why})' if why else ''}"


HEALTHY = "healthy"

NOT_REGISTERED = "Target.NotRegistered"
"""The reason of a target that is `unused` because nobody registered it, or because it left."""


NOT_FOUND = "TargetGroupNotFound"
"""The code of a refusal for a target group that does not exist."""


class TargetsError(PorterError):
    """Elastic Load Balancing did not answer, or refused."""


def leave(client: Any, target_groups: Sequence[str], instance_id: str) -> None:  # noqa: ANN401 - boto3's
    """Deregister the instance: it gets no new requests, and those at hand may finish.

    A target that is not registered is no error (Elastic Load Balancing API Reference,
    "DeregisterTargets"). Raises `TargetsError`; other target groups are asked all the same.
    """
    _each(client.deregister_targets, target_groups, instance_id)


def join(client: Any, target_groups: Sequence[str], instance_id: str) -> None:  # noqa: ANN401 - boto3's
    """Register the instance: it gets requests once it passes a health check.

    Raises `TargetsError`; other target groups are asked all the same.
    """
    _each(client.register_targets, target_groups, instance_id)


def health(client: Any, target_groups: Sequence[str], instance_id: str) -> list[TargetHealth]:  # noqa: ANN401 - boto3's
    """Return how each target group sees the instance, and `unused` if it does not know it.

    Raises `TargetsError`.
    """
    from porter.aws.clients import ERRORS  # noqa: PLC0415 - boto3 only where it is asked

    found = []
    for arn in target_groups:
        try:
            answer = client.describe_target_health(
                TargetGroupArn=arn, Targets=[{"Id": instance_id}]
            )
        except ERRORS as error:
            raise TargetsError(str(error), where=arn.rpartition(":")[2]) from error
        for one in answer["TargetHealthDescriptions"]:
            seen = one["TargetHealth"]
            why = seen.get("Reason", ""), seen.get("Description", "")
            found.append(TargetHealth(arn.split("/")[1], seen["State"], *why))
    return found


def _each(call: Any, target_groups: Sequence[str], instance_id: str) -> None:  # noqa: ANN401 - boto3's
    from porter.aws.clients import ERRORS  # noqa: PLC0415 - boto3 only where it is asked

    refused: TargetsError | None = None
    for arn in target_groups:
        try:
            call(TargetGroupArn=arn, Targets=[{"Id": instance_id}])
        except ERRORS as error:
            refused = TargetsError(str(error), where=arn.rpartition(":")[2])
            refused.__cause__ = error
    if refused:
        raise refused


def main() -> None:
    """Ask AWS, and print how it went."""
    from porter.aws.clients import URGENT, Clients  # noqa: PLC0415 - as above

    verb, region, instance_id, *target_groups = sys.argv[1:]
    client = Clients.of_host(region, URGENT)["elbv2"]
    answer: dict[str, str] = {}
    try:
        {"leave": leave, "join": join}[verb](client, target_groups, instance_id)
    except PorterError as error:
        answer = {"problem": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
