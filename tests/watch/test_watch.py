"""`porter rehearse --watch`, as a developer uses it: saves under load, some of them broken."""

from __future__ import annotations

import json
import signal
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.harness.effort import repeats
from tests.harness.prober import Prober
from tests.harness.sandbox import Sandbox, a_sandbox
from tests.harness.slowness import slowness
from tests.harness.traces import Traces, rehearsals_in, traces
from tests.watch.watching import SERVICE, WAYS, Watching, an_app, renamed

pytestmark = [pytest.mark.machines, pytest.mark.timeout(1500)]

SAVES = repeats(ci=20, all=200)
BROKEN = {6: "raise SystemExit('lost its configuration')\n", 13: "VERSION = (\n"}
"""Of twenty saves, those that break the program, and with what: never the last."""

VERSION = "service/version.py"

MOST = 300.0
"""Seconds for a change to arrive before a test fails; the bounds are further down."""


@dataclass
class Visit:
    """What the developer saw."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    still_old: list[bool] = field(default_factory=list)
    synthesized: dict[str, Any] = field(default_factory=dict)
    broken_app: dict[str, Any] = field(default_factory=dict)
    deployed: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    page: str = ""
    asked: int = 0
    failures: list[str] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    code: int = 0
    left: Traces | None = None


@pytest.fixture(scope="module")
def visit() -> Iterator[Visit]:
    with a_sandbox() as sandbox:
        yield _visit(sandbox)


def _visit(sandbox: Sandbox) -> Visit:
    visit = Visit()
    watching = Watching(sandbox, an_app(sandbox))
    with Prober(watching.page, clients=3) as prober:
        _save_often(watching, visit)
        _change_the_app(watching, visit)
    visit.asked, visit.failures = prober.asked, prober.failures
    visit.page = watching.page()
    rehearsals, sockets = rehearsals_in(sandbox.temporary), sandbox.sockets()
    visit.code = watching.end(signal.SIGINT)
    visit.out = watching.out
    visit.left = traces(sandbox.temporary, rehearsals, sockets)
    return visit


def _save_often(watching: Watching, visit: Visit) -> None:
    """Save `version.py`; a version that is broken is followed by a good one."""
    path = watching.app / VERSION
    served = "first"
    for number in range(SAVES):
        before = len(watching.changes)
        save = WAYS[number % len(WAYS)]
        if broken := BROKEN.get(number % 20):
            renamed(path, broken)
            visit.failed.append(watching.change(VERSION, before, MOST))
            visit.still_old.append(watching.serves(served))
            continue
        served = f"v{number}"
        visit.slow.append(slowness())
        cpu = watching.cpu()
        if number % 5 == 0:
            main = watching.app / "service/main.py"
            main.write_text(f"{SERVICE}\n# {served}\n")
        save(path, f'VERSION = "{served}"\n')
        visit.seconds.append(watching.seconds_until(served, MOST))
        watching.change(VERSION, before, MOST, ok=True)
        visit.cpu.append(watching.cpu() - cpu)


def _change_the_app(watching: Watching, visit: Visit) -> None:
    settings, app = watching.app / "settings.py", watching.app / "app.py"
    before = len(watching.changes)
    renamed(settings, 'SETTINGS = {"environment": {"COLOUR": "blue"}}\n')
    visit.synthesized = watching.change("settings.py", before, MOST)
    good = app.read_text()
    renamed(app, f"{good}\nimport nothing_of_this_name\n")
    visit.broken_app = watching.change("app.py", before, MOST)
    before = len(watching.changes)
    renamed(app, good.replace("health_check=", "min_capacity=2, health_check="))
    visit.deployed = watching.change("app.py", before, 2 * MOST)
    before = len(watching.changes)
    renamed(watching.app / VERSION, 'VERSION = "last"\n')
    visit.after = watching.change(VERSION, before, MOST)


def test_no_request_fails_while_files_are_saved(visit: Visit) -> None:
    print(f"{visit.asked} requests, {len(visit.failures)} failed")  # noqa: T201
    assert visit.failures == []
    assert visit.asked > 10 * SAVES


def test_a_save_is_answered_within_two_seconds(visit: Visit) -> None:
    quantiles = statistics.quantiles(visit.seconds, n=20, method="inclusive")
    factor = statistics.median(visit.slow)
    median, p95 = statistics.median(visit.seconds), quantiles[-1]
    print(  # noqa: T201
        f"{len(visit.seconds)} saves: median {median:.2f} s, p95 {p95:.2f} s, "
        f"slowness {factor:.1f}, {statistics.median(visit.cpu):.2f} CPU seconds each"
    )
    assert median <= 2 * factor
    assert p95 <= 3 * max(visit.slow)


def test_a_broken_save_leaves_the_old_version_serving_and_shows_the_reason(visit: Visit) -> None:
    assert len(visit.failed) == SAVES // 10
    assert all(visit.still_old)
    for change in visit.failed:
        assert not change["ok"]
        said = change["reason"]
        assert "lost its configuration" in said or "SyntaxError" in said, said


def test_a_module_of_the_app_is_synthesized_and_hot_applied(visit: Visit) -> None:
    seconds, factor = visit.synthesized["seconds"], max(visit.slow)
    print(f"synthesis and hot apply: {seconds:.2f} s, slowness {factor:.1f}")  # noqa: T201
    assert seconds <= 7 * factor
    assert visit.synthesized["ok"], visit.synthesized
    assert visit.synthesized["saved"] == ["settings.py"]
    assert visit.synthesized["action"] == "hot apply"
    assert visit.page.endswith(" blue")


def test_an_app_that_does_not_synthesize_changes_nothing_and_shows_its_traceback(
    visit: Visit,
) -> None:
    assert not visit.broken_app["ok"]
    assert visit.broken_app["action"] == "synthesis"
    assert any("nothing_of_this_name" in line for line in visit.broken_app["lines"])


def test_what_a_hot_apply_cannot_do_is_deployed_and_says_why(visit: Visit) -> None:
    assert visit.deployed["ok"], visit.deployed["reason"]
    assert visit.deployed["action"] == "deployment"
    assert "AWS::AutoScaling::AutoScalingGroup" in visit.deployed["why"]
    assert visit.deployed["hosts"] == 2


def test_after_a_deployment_saves_reach_every_new_host(visit: Visit) -> None:
    assert visit.after["ok"], visit.after
    assert (visit.after["action"], visit.after["hosts"]) == ("hot apply", 2)
    assert visit.page == "last blue"


def test_the_stream_of_json_has_the_report_and_then_an_object_for_each_save(visit: Visit) -> None:
    report, *changes = map(json.loads, visit.out)
    assert report["ok"]
    assert all(change["schema"] == 1 for change in changes)


def test_ctrl_c_ends_it_with_130_and_leaves_nothing(visit: Visit) -> None:
    assert visit.code == 130
    assert visit.left
    assert visit.left.nothing, visit.left
