"""One row of the table, and how it edits the app."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.matrix.app import App, Customize

Edit = Callable[[App], object]

NEW = True
SAME = False


def nothing(_: App) -> None:
    """Leave the app as it is."""


@dataclass(frozen=True)
class Change:
    """One row: what changes, whether hosts are `NEW` after it or the `SAME`, and how to do it.

    `edit` comes after `before`, which is a part of the deployed app already.
    """

    name: str
    replaces: bool
    edit: Edit
    before: Edit = nothing
    moved: bool = False
    """Whether parameters in Parameter Store have new values at this deployment."""
    rolled_back: bool = False
    """Whether a release failed since the last good deployment."""


def put(**values: Any) -> Edit:
    """Set attributes of the app; what is a dictionary is merged."""

    def edit(app: App) -> None:
        for name, value in values.items():
            now = getattr(app, name)
            setattr(app, name, now | value if isinstance(now, dict) else value)

    return edit


def process(**values: Any) -> Edit:
    return put(process=values)


def setup(**values: Any) -> Edit:
    return put(setup=values)


def service(**values: Any) -> Edit:
    return put(service=values)


def custom(change: Customize) -> Edit:
    return put(customize=change)


def environment(**values: str) -> Edit:
    """Set the environment; `QUEUE` names an attribute of the queue."""
    return put(
        environment=lambda queue: {
            name: getattr(queue, value) if name == "QUEUE" else value
            for name, value in values.items()
        }
    )
