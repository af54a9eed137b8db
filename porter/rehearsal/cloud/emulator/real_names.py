"""AWS's own URLs in what the embedded AWS hands out, for machines that reach it by them."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

OPTION = "--real-names"


def name_queues(queues: ModuleType, region: Callable[[], str]) -> None:
    """Queue URLs as SQS's ("Amazon SQS queue and message identifiers"), not the emulator's."""

    def url(account: str, name: str) -> str:
        return f"https://sqs.{region()}.amazonaws.com/{account}/{name}"

    setattr(queues, "_queue_url_for_account", url)  # noqa: B010 - private, and so untyped
