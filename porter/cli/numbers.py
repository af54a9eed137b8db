"""Numbers on the command line, under names that a person understands."""

from __future__ import annotations

import math
from typing import Any

import click


class Seconds(click.FloatRange):
    """A finite number of seconds: a wait without an end is refused."""

    name = "number of seconds"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's type
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Return the number; click calls it."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a valid {self.name}.", param, ctx)
        return number


class Count(click.IntRange):
    """A whole number."""

    name = "whole number"
