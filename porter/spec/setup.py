"""A setup step: what a host runs once, as root, before its workloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from porter.spec.check import check_integer
from porter.spec.command import check_command, check_environment, check_free_name
from porter.spec.deployment import Text

MAX_SECONDS = 3600
"""Longest time-out of a setup step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupStep:
    """A program that must exit 0, started in its own folder of the payload (`setup/NAME`).

    `command` is an argument list, never a shell line. After `timeout_seconds` it is killed,
    together with every process that it started.
    """

    name: str
    command: tuple[Text, ...]
    timeout_seconds: int
    environment: Mapping[str, Text] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_free_name(self.name)
        check_command(self.command)
        check_integer("timeout_seconds", self.timeout_seconds, 1, MAX_SECONDS)
        check_environment(self.environment)
