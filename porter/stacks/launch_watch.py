"""Watch stacks during a deployment, and say which launches EC2 refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from porter.aws.clients import ERRORS
from porter.errors import PorterError
from porter.stacks.background import in_background
from porter.stacks.failed_launches import FailedLaunches
from porter.stacks.observer import Observers, problem_of
from porter.stacks.scaling_groups import Stack

LOOK_SECONDS = 5.0
"""Between two looks: cdk asks CloudFormation as often."""

LAST_SECONDS = 10.0
"""The longest time that a failed deployment waits for the last look."""

_PATIENCE = 2
"""Looks in a row that fail before the watch says so: a single one may be bad luck."""

_ACTIONS = ("cloudformation:ListStackResources", "autoscaling:DescribeScalingActivities")


class LaunchWatch:
    """Looks at `stacks` from now on, and calls `say` with each line.

    If AWS answers no look, the watch says so once, and goes on. A stack that has no group, as far
    as its template and AWS tell, is no reason to complain.
    """

    def __init__(
        self, stacks: Iterable[Stack], profile: str | None, say: Callable[[str], object]
    ) -> None:
        self._launches = [(stack, FailedLaunches(stack.name)) for stack in stacks]
        self._say = say
        self._observers = Observers(profile)
        has_group = any(stack.has_group for stack, _ in self._launches)
        self._problem = "AWS did not answer" if has_group else ""
        self._failed_looks = 0
        self._complained = False
        self._over = threading.Event()
        # In the background, because botocore's own time-outs are longer than `LAST_SECONDS`.
        self._thread = in_background(self._run)

    def conclude(self) -> None:
        """Look once more, and repeat what was said."""
        self._over.set()
        self._thread.join(LAST_SECONDS)
        self._complain()
        for _, launches in self._launches:
            for line in launches.summary():
                self._say(line)

    def _run(self) -> None:
        last = False
        while not last:
            last = self._over.is_set()
            self._problem = self._look()
            self._failed_looks = self._failed_looks + 1 if self._problem else 0
            if self._failed_looks == _PATIENCE:
                self._complain()
            self._over.wait(LOOK_SECONDS)

    def _complain(self) -> None:
        if self._problem and not self._complained:
            self._complained = True
            self._say(f"failed launches are not shown: {self._problem}")

    def _look(self) -> str:
        """Look at each stack; return why a group cannot be watched, empty if all can."""
        problems = [
            problem
            for stack, launches in self._launches
            if (problem := self._look_at(stack, launches)) and (stack.has_group or launches.known)
        ]
        return problems[-1] if problems else ""

    def _look_at(self, stack: Stack, launches: FailedLaunches) -> str:
        try:
            for line in self._observers.ask(stack.home, launches.look):
                self._say(line)
        except PorterError as error:
            return f"{stack.name}: {error.what}"
        except ERRORS as error:
            self._observers.forget(stack.home)
            return f"{stack.name}: {problem_of(error, *_ACTIONS)}"
        hidden = launches.hidden
        return f"{stack.name}: {problem_of(hidden, *_ACTIONS)}" if hidden else ""
