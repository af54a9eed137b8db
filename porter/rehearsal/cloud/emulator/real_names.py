"""Return AWS's own URLs from the embedded AWS, for machines that resolve AWS's names."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

OPTION = "--real-names"


def name_queues(queues: ModuleType, region: Callable[[], str]) -> None:
    """Return queue URLs as SQS does ("Amazon SQS queue and message identifiers")."""

    def url(account: str, name: str) -> str:
        return f"https://sqs.{region()}.amazonaws.com/{account}/{name}"

    setattr(queues, "_queue_url_for_account", url)  # noqa: B010 - private, and so untyped
