"""Which payload each host runs, and which one it is to run."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from porter.packing.recipe import Recipe
from porter.rehearsal.cloud.assembly import Stack
from porter.rehearsal.fleet.fleet import Fleet
from porter.rehearsal.fleet.host import Host
from porter.rehearsal.local.interruption import held_back
from porter.rehearsal.watch.difference import refusal
from porter.rehearsal.watch.hot_apply import HotApply, grant, remove, revoke
from porter.rehearsal.watch.origins import Origins
from porter.rehearsal.watch.packer import Repacked
from porter.spec import AssetLocation

PATIENCE = 10.0
"""Seconds after which the next save ends a hot apply that still waits for its program."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    recipe: Recipe
    archive: Path


@dataclass(frozen=True, slots=True)
class Applied:
    """The hosts that have the new payload, and the reasons of those that refused it."""

    hosts: tuple[Host, ...] = ()
    reasons: tuple[str, ...] = ()


class Payloads:
    """The payloads of the hosts of `fleet`; files go to `folder`."""

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self._fleet = fleet
        self._folder = folder
        self._origins = Origins((), ())
        self._wanted: dict[str, _Wanted] = {}  # by the construct path of the host
        self._good: dict[str, _Wanted] = {}  # of them, what a host has accepted
        self._runs: dict[str, str] = {}
        self._refused: set[tuple[str, str]] = set()

    def deployed(self, recipes: Iterable[Recipe], stacks: Iterable[Stack]) -> None:
        """Record that `stacks` were deployed with the payloads of `recipes`."""
        self._origins = Origins(recipes, stacks)
        self._wanted, self._good = {}, {}
        self._prune()

    def want(self, packed: Iterable[Repacked]) -> list[Host]:
        """Want these payloads; return the hosts that lack them."""
        for one in packed:
            kept = self._folder / f"{one.recipe.sha256}.tar.xz"
            one.archive.replace(kept)
            self._wanted[one.recipe.host] = _Wanted(one.recipe, kept)
        self._prune()
        self._refused.clear()
        return self.behind()

    def lacking(self, packed: Iterable[Repacked]) -> list[tuple[Host, Recipe]]:
        """Return the hosts that do not run what was `packed` for them."""
        new = {one.recipe.host: one.recipe for one in packed}
        found = []
        for host in self._fleet.serving():
            recipe = new.get(self._origins.path(host))
            if recipe and self._running(host) != recipe.sha256:
                found.append((host, recipe))
        return found

    def serve(self, packed: Iterable[Repacked]) -> bool:
        """Return whether each payload is that of a host which runs."""
        there = {self._origins.path(host) for host in self._fleet.serving()}
        return all(one.recipe.host in there for one in packed)

    def behind(self) -> list[Host]:
        """Return the hosts that run another payload than wanted, and have not refused that one."""
        found = []
        for host in self._fleet.serving():
            wanted = self._wanted.get(self._origins.path(host))
            # Before its signal, a host still applies what was deployed.
            if wanted and host.signalled_at is not None:
                sha256 = wanted.recipe.sha256
                refused = (host.instance_id, sha256) in self._refused
                if self._running(host) != sha256 and not refused:
                    found.append(host)
        return found

    def apply(
        self, hosts: Sequence[Host], beat: Callable[[], None], hurry: Callable[[float], bool]
    ) -> Applied:
        """Give `hosts` what they are to run, at the same time.

        Calls `beat` meanwhile. If `hurry(seconds)` holds after so many seconds, the rest is ended.
        If this raises, `hosts` are not behind until other payloads are wanted.
        """
        try:
            return self._apply(hosts, beat, hurry)
        except Exception:
            for host in hosts:
                self._refused.add((host.instance_id, self._wanted_by(host).recipe.sha256))
                self._runs[host.instance_id] = ""
            raise

    def _apply(
        self, hosts: Sequence[Host], beat: Callable[[], None], hurry: Callable[[float], bool]
    ) -> Applied:
        began = time.monotonic()
        running: list[HotApply] = []
        with ExitStack() as stack:
            stack.callback(revoke, hosts)
            for host in hosts:
                payload = self._upload(host)
                stack.callback(remove, host, payload)
                grant([host], payload)
                with held_back():
                    running.append(HotApply(host, payload, self._folder))
                    stack.callback(running[-1].end)
            while any(one.code is None for one in running):
                if hurry(time.monotonic() - began):
                    break
                beat()
            return self._ended(running)

    def _ended(self, running: Iterable[HotApply]) -> Applied:
        done, reasons = [], []
        codes: dict[str, set[int | None]] = {}
        for one in running:
            code, host = one.code, one.host
            codes.setdefault(self._origins.path(host), set()).add(code)
            if code == 0:
                self._runs[host.instance_id] = one.payload.sha256
                done.append(host)
            elif code is None:
                # Even the payload that it ran before must be applied now: that repairs the host.
                self._runs[host.instance_id] = ""
                reasons.append(f"{host.name}: ended by the next save")
            else:
                self._refused.add((host.instance_id, one.payload.sha256))
                reasons.append(f"{host.name}: {one.reason()}")
        for path, found in codes.items():
            self._judge(path, found)
        return Applied(tuple(done), tuple(reasons))

    def _judge(self, path: str, codes: Collection[int | None]) -> None:
        """Want what ran before if every host refused the new payload: hosts to come get that."""
        if 0 in codes:
            self._good[path] = self._wanted[path]
        elif None not in codes:
            del self._wanted[path]
            if path in self._good:
                self._wanted[path] = self._good[path]

    def _prune(self) -> None:
        """Remove the archives that no host can get any more."""
        kept = {one.archive for one in (*self._wanted.values(), *self._good.values())}
        for archive in {*self._folder.glob("*.tar.xz")} - kept:
            archive.unlink()

    def _wanted_by(self, host: Host) -> _Wanted:
        return self._wanted[self._origins.path(host)]

    def _upload(self, host: Host) -> AssetLocation:
        origin = host.origin
        assert origin is not None  # noqa: S101 - `behind` has chosen it
        wanted = self._wanted_by(host)
        payload = AssetLocation(
            bucket=origin.deployment.payload.bucket,
            key=f"porter-rehearse-watch/{wanted.recipe.sha256}.tar.xz",
            sha256=wanted.recipe.sha256,
        )
        origin.aws["s3"].put_object(
            Bucket=payload.bucket, Key=payload.key, Body=wanted.archive.read_bytes()
        )
        return payload

    def _running(self, host: Host) -> str:
        deployed = host.origin.deployment.payload.sha256 if host.origin else ""
        return self._runs.get(host.instance_id, deployed)


def refusals(pairs: Iterable[tuple[Host, Recipe]], *, moves_ports: bool) -> str:
    """Return why one of the hosts cannot have its new payload by a hot apply; else empty."""
    reasons = (refusal(host, one.spec, moves_ports=moves_ports) for host, one in pairs)
    return next(filter(None, reasons), "")
