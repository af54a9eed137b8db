"""Leases in a DynamoDB table: one item for each job, changed by conditional writes alone.

A write succeeds only if the lease is still what the writer read (`token` and `state`), so one of
several writers wins. The time is DynamoDB's, from the `Date` of its answers: hosts' clocks differ.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from email.utils import parsedate_to_datetime
from typing import Any, Literal

State = Literal["running", "succeeded", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The host that runs `job`, or ran it last.

    `occurrence` (when the job was due) and `expires` are seconds since the epoch. `token` is the
    fencing token: it grows by one with each claim. `attempt` counts the claims of this occurrence,
    `claim` identifies one claim, and `schedule` is the expression that made the job due.
    """

    job: str
    occurrence: int
    schedule: str
    token: int
    attempt: int
    holder: str
    claim: str
    expires: int
    state: State


class LeaseTable:
    """The table `name`, accessed through `client`, boto3's for DynamoDB.

    Raises what the client raises, except for a condition that does not hold.
    """

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401 - made at run time
        self._client = client
        self._name = name

    def read(self, job: str) -> tuple[Lease | None, float]:
        """Return the current lease of `job`, None if it never had one, and DynamoDB's time."""
        answer = self._client.get_item(
            TableName=self._name, Key={"job": {"S": job}}, ConsistentRead=True
        )
        date = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
        item = answer.get("Item")
        return _lease(item) if item else None, parsedate_to_datetime(date).timestamp()

    def replace(self, before: Lease | None, after: Lease) -> bool:
        """Replace `before` by `after`; return False if another writer was first."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(job)"}
        if before:
            condition = {
                "ConditionExpression": "#token = :token AND #state = :state",
                "ExpressionAttributeNames": {"#token": "token", "#state": "state"},
                "ExpressionAttributeValues": {
                    ":token": {"N": str(before.token)},
                    ":state": {"S": before.state},
                },
            }
        try:
            self._client.put_item(TableName=self._name, Item=_item(after), **condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _item(lease: Lease) -> dict[str, Any]:
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in asdict(lease).items()
    }


def _lease(item: dict[str, Any]) -> Lease:
    values: dict[str, Any] = {
        field.name: int(item[field.name]["N"]) if field.type == "int" else item[field.name]["S"]
        for field in fields(Lease)
    }
    return Lease(**values)
