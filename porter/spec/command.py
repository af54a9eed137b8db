"""Checks of the programs that porter starts for a user: argument lists and environments."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from porter.spec.check import check_name, refuse
from porter.spec.deployment import Text, check_text
from porter.spec.secret import Secret

RESERVED_VARIABLES = (
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_REGION",
    "PORT",
    "PORTERD_TCP_ADDR",
    "PORTERD_TCP_PORT",
    "PORTERD_URL",
    "PORTER_ENVIRONMENT",
)
"""Environment variables that porter sets for every workload; a user cannot set them."""

RESERVED_NAMES = ("environment", "haproxy")
"""Names that porter's own systemd units have."""

RESERVED_PREFIXES = ("job-", "lease-")
"""Prefix of the units of jobs."""

_EXEC_PREFIXES = "@-:+!|"
"""In front of a program's name they change how systemd runs it (systemd.service(5))."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def check_free_name(name: object) -> None:
    """Check for a name that porter does not use itself."""
    check_name("name", name)
    if name in RESERVED_NAMES or str(name).startswith(RESERVED_PREFIXES):
        raise refuse("name", f"{name!r} is porter's own", cure="choose another name")


def check_command(command: Sequence[Text]) -> None:
    """Check for a non-empty sequence of arguments, the first of which names a program."""
    if isinstance(command, str) or not command:
        raise refuse(
            "command",
            f"must be a non-empty list of arguments, got {command!r}",
            cure='write ["python3", "main.py"]',
        )
    for index, argument in enumerate(command):
        check_text(f"command/{index}", argument)
    if command[0] == "":
        raise refuse("command/0", "must name a program")


def check_program(field: str, program: Text) -> None:
    """Check that systemd reads a program's name as a name."""
    if isinstance(program, str) and "/" not in program and program[0] in _EXEC_PREFIXES:
        raise refuse(field, f"must not start with {program[0]}, which systemd reserves")


def check_environment(environment: Mapping[str, Text]) -> None:
    """Check the names of environment variables, which the user may set, and their texts."""
    for variable, value in environment.items():
        if not isinstance(variable, str) or not _VARIABLE.fullmatch(variable):
            raise refuse(f"environment/{variable}", "is not a name of an environment variable")
        if variable in RESERVED_VARIABLES:
            raise refuse(f"environment/{variable}", "is set by porter", cure="remove it")
        check_text(f"environment/{variable}", value)


def check_secrets(
    environment: Mapping[str, Text],
    secrets: Mapping[str, Secret],
    secret_files: Mapping[str, Secret],
) -> None:
    """Check that `secrets`, and `NAME_FILE` of each of `secret_files`, have names of their own."""
    taken = dict.fromkeys(environment, "environment")
    given = [("secrets", name, name) for name in secrets]
    given += [("secret_files", name, file_variable(name)) for name in secret_files]
    for field, name, variable in given:
        if not isinstance(name, str) or not _VARIABLE.fullmatch(name):
            raise refuse(f"{field}/{name}", "is not a name of an environment variable")
        if variable in RESERVED_VARIABLES:
            raise refuse(f"{field}/{name}", f"{variable} is set by porter", cure="rename it")
        if variable in taken:
            raise refuse(f"{field}/{name}", f"{variable} is in {taken[variable]} too: rename one")
        taken[variable] = field


def file_variable(name: str) -> str:
    """Return the variable that holds the path of the secret file `name`."""
    return f"{name}_FILE"
