"""Start a module of porter in a process of its own, whatever the working directory holds."""

from __future__ import annotations

from porter.host.core.goal import Goal


def own_environment(goal: Goal) -> dict[str, str]:
    """Return the variables of a unit that runs a module of porter from its bundle."""
    bundle = goal.layout.bundle(goal.deployment.bundle)
    return {"PYTHONPATH": str(bundle), "PYTHONUNBUFFERED": "1", **goal.endpoints}


def root_environment(goal: Goal) -> dict[str, str]:
    """Return those variables for a module that runs as root and finds its machine by itself."""
    root = {} if goal.layout.is_machine else {"PORTER_ROOT": str(goal.layout.root)}
    return own_environment(goal) | root


def run_module(python: str, module: str, *arguments: str) -> list[str]:
    """Return the argument list that runs `module` with `python`.

    `-P`: `-m` alone would import first from the working directory, which may be a user's folder
    (Python's documentation, "Command line and environment").
    """
    return [python, "-P", "-m", module, *arguments]
