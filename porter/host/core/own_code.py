"""Start a module of porter in a process of its own, whatever the working directory holds."""

from __future__ import annotations


def run_module(python: str, module: str, *arguments: str) -> list[str]:
    """Return the argument list that runs `module` with `python`.

    `-P`: `-m` alone would import first from the working directory, which may be a user's folder
    (Python's documentation, "Command line and environment").
    """
    return [python, "-P", "-m", module, *arguments]
