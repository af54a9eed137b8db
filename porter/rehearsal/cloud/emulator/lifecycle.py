"""Lifecycle actions: the fleet begins them, and instances prolong and complete them.

Both processes share a folder, with a folder in it for each instance of a group. Sources: "How
lifecycle hooks work" and "Considerations and limitations" in the Amazon EC2 Auto Scaling User
Guide, and "RecordLifecycleActionHeartbeat" and "CompleteLifecycleAction" in its API Reference.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LIFECYCLE = "lifecycle"
"""The shared folder, in the embedded AWS's own."""

LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"

IN_SERVICE = "InService"

HEALTHY, UNHEALTHY = "Healthy", "Unhealthy"
"""The health of an instance; it is healthy until `SetInstanceHealth` says otherwise."""

MOST_HEARTBEATS = 100
LONGEST = 48 * 3600.0
"""An instance waits for 100 times the hook's time-out at most, and for 48 hours."""

Key = tuple[str, str, str]
"""Account, region and name of an Auto Scaling group."""

_ACTION, _BEATS, _DENIED, _RESULT = ".json", ".beats", ".denied", ".result"
_STATE, _ZONE, _HEALTH = "state", "zone", "health"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A lifecycle hook; `timeout` in seconds."""

    name: str
    timeout: float
    default: str


class Lifecycles:
    """The instances of all groups, and their actions, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def instances(self, group: Key) -> list[str]:
        """Return the instances that the group has, whatever their state."""
        there = self._folder.joinpath(*group)
        return sorted(path.name for path in there.glob("*")) if there.is_dir() else []

    def instance(self, group: Key, instance_id: str) -> Lifecycle:
        """Return the actions of an instance."""
        return Lifecycle(self._folder.joinpath(*group, instance_id))

    def group_of(self, account: str, region: str, instance_id: str) -> Key | None:
        """Return the group that has the instance; None if there is none."""
        for path in sorted(self._folder.joinpath(account, region).glob("*")):
            if instance_id in self.instances(key := (account, region, path.name)):
                return key
        return None

    def plays(self, group: Key) -> bool:
        """Whether the group has had instances."""
        return self._folder.joinpath(*group).is_dir()

    def states(self, group: Key) -> dict[str, tuple[str, str]]:
        """Return state and availability zone of each instance that the group has."""
        return {one: self.instance(group, one).state() for one in self.instances(group)}

    def in_service(self, group: Key) -> int:
        """Return how many instances of the group are `InService`."""
        return sum(state == IN_SERVICE for state, _ in self.states(group).values())


class Lifecycle:
    """The actions of one instance, each under its hook's name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def launch(self, zone: str = "", state: str = IN_SERVICE) -> None:
        """Add the instance to its group."""
        self._folder.mkdir(parents=True)
        _write(self._folder / _ZONE, zone)
        self.enter(state)

    def enter(self, state: str) -> None:
        """Note the instance's state, in Auto Scaling's words."""
        _write(self._folder / _STATE, state)

    def state(self) -> tuple[str, str]:
        """Return state and availability zone; both are empty once the instance is gone."""
        try:
            found = [(self._folder / name).read_text("utf-8") for name in (_STATE, _ZONE)]
        except FileNotFoundError:
            return "", ""
        return found[0], found[1]

    def age(self) -> float:
        """Return for how many seconds it is `InService`; 0 in another state.

        Auto Scaling User Guide, "Set the health check grace period for an Auto Scaling group": the
        period begins when the instance enters that state.
        """
        with suppress(FileNotFoundError):
            if self.state()[0] == IN_SERVICE:
                return max(0.0, time.time() - (self._folder / _STATE).stat().st_mtime)
        return 0.0

    def health(self) -> str:
        """Return `HEALTHY` or `UNHEALTHY`."""
        try:
            return (self._folder / _HEALTH).read_text("utf-8")
        except FileNotFoundError:
            return HEALTHY

    def set_health(self, health: str) -> bool:
        """Note `HEALTHY` or `UNHEALTHY`; return whether the instance is still there."""
        with suppress(FileNotFoundError):
            _write(self._folder / _HEALTH, health)
            return True
        return False

    def end(self) -> None:
        """Remove the instance."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def wait(self, hooks: Mapping[str, Hook]) -> None:
        """Enter a state that waits: every hook begins an action of its own; older ones are over."""
        for path in self._folder.glob("*.*"):
            path.unlink(missing_ok=True)
        for hook in hooks.values():
            action = {"began": time.time(), "timeout": hook.timeout, "default": hook.default}
            _write(self._folder / f"{hook.name}{_ACTION}", json.dumps(action))

    def beat(self, hook: str) -> bool:
        """Restart the time-out of an active action; return whether there is one."""
        if not self._active(hook) or self._denies(hook):
            return False
        _write(self._folder / f"{hook}{_BEATS}", json.dumps(time.time()))
        return True

    def complete(self, hook: str, result: str) -> bool:
        """End an active action with `CONTINUE` or `ABANDON`; return whether there is one."""
        if not self._active(hook) or self._denies(hook):
            return False
        _write(self._folder / f"{hook}{_RESULT}", result)
        return True

    def proceeds(self) -> bool:
        """Whether the wait is over.

        An action that is abandoned ends the others; else all must have ended.
        """
        results = [self._result(path.stem) for path in self._folder.glob(f"*{_ACTION}")]
        return "ABANDON" in results or all(results)

    def abandoned(self) -> bool:
        """Whether an action ended with `ABANDON`."""
        return any(result == "ABANDON" for _, result, _ in self.results())

    def results(self) -> Iterator[tuple[str, str, bool]]:
        """Yield hook, result and whether the action was completed, for actions that ended."""
        for path in sorted(self._folder.glob(f"*{_ACTION}")):
            if result := self._result(path.stem):
                yield path.stem, result, self._folder.joinpath(f"{path.stem}{_RESULT}").exists()

    def _active(self, hook: str) -> bool:
        return (self._folder / f"{hook}{_ACTION}").exists() and not self._result(hook)

    def _denies(self, hook: str) -> bool:
        """Deny an active action once after its first heartbeat.

        AWS has done so right after `Terminating:Wait` (PrairieLearn#15586); a client asks again.
        """
        denied = self._folder / f"{hook}{_DENIED}"
        if denied.exists() or not (self._folder / f"{hook}{_BEATS}").exists():
            return False
        denied.touch()
        return True

    def _result(self, hook: str) -> str:
        """Return how the action ended; the hook's default if it timed out, empty if it goes on."""
        with suppress(FileNotFoundError):
            return (self._folder / f"{hook}{_RESULT}").read_text("utf-8")
        action = json.loads((self._folder / f"{hook}{_ACTION}").read_text("utf-8"))
        began, timeout = float(action["began"]), float(action["timeout"])
        beaten = began
        with suppress(FileNotFoundError):
            beaten = float(json.loads((self._folder / f"{hook}{_BEATS}").read_text("utf-8")))
        ends = min(beaten + timeout, began + min(LONGEST, MOST_HEARTBEATS * timeout))
        return str(action["default"]) if time.time() >= ends else ""


def _write(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}")
    new.write_text(text, "utf-8")
    new.replace(path)  # atomic: the other process may be reading
