"""The critical modules, each with the tests that protect it; and the mutants that change nothing."""

from __future__ import annotations

GOAL = 0.95

_SIGNAL = ("tests/daemon/test_porterd_signal.py",)

MODULES: dict[str, tuple[str, ...]] = {
    "porter/daemon/gate.py": ("tests/daemon/test_gate.py",),
}
"""The quickest tests first: a mutant is killed by the first failure."""

EQUIVALENT: dict[str, dict[str, str]] = {}
"""By module, changes (`before -> after`) that no test can notice, each with the reason."""
