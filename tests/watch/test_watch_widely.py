"""`--watch` with several services and hosts, builds, lost hosts, booted machines; its ends."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.harness.conditions import boots
from tests.harness.prober import Prober
from tests.harness.sandbox import Sandbox, a_sandbox
from tests.harness.slowness import slowness
from tests.harness.traces import rehearsals_in, traces, until
from tests.watch.watching import SERVICE, Watching, an_app, renamed

pytestmark = [pytest.mark.exhaustive, pytest.mark.timeout(2400)]

MOST = 300.0
VERSION = "service/version.py"
WAITS = "until the new one is healthy"
UNHEALTHY = SERVICE.replace("send_response(200)", "send_response(500)")
BUILD = 'build=Build.from_commands([["sh", "-c", "cp version.py built.py"]], inputs=["version.py"])'


def _save(watching: Watching, version: str, *, main: str = "") -> None:
    if main:
        renamed(watching.app / "service/main.py", main)
    renamed(watching.app / VERSION, f'VERSION = "{version}"\n')


def _ends_cleanly(sandbox: Sandbox, watching: Watching, number: int) -> None:
    rehearsals, sockets = rehearsals_in(sandbox.temporary), sandbox.sockets()
    code = watching.end(number)
    left = traces(sandbox.temporary, rehearsals, sockets)
    assert code == 128 + number
    assert left.nothing, left


def test_two_services_with_two_hosts_each_get_every_save_and_lose_no_request() -> None:
    with a_sandbox() as sandbox:
        app = an_app(sandbox, names='["One", "Two"]', props="min_capacity=2,")
        text = (app / "app.py").read_text()
        text = text.replace("import HealthCheck", "import Build, HealthCheck")
        (app / "app.py").write_text(text.replace("port=8000,", f"port=8000, {BUILD},"))
        main = SERVICE.replace("from version import", "from built import")
        (app / "service/main.py").write_text(main)
        watching = Watching(sandbox, app)
        urls = watching.urls
        assert len(urls) == 2
        with Prober(watching.page) as one, Prober(lambda: watching.page(urls[1])) as two:
            _save(watching, "second")
            change = watching.change(VERSION, 0, MOST)
            assert change["ok"], change
            assert change["hosts"] == 4
            assert all(watching.serves("second", url) for url in urls)
            _an_unhealthy_program_is_undone(sandbox, watching, main)
        assert (one.failures, two.failures) == ([], [])
        _a_replaced_host_gets_the_newest_payload(sandbox, watching)
        _save(watching, "last")
        time.sleep(1)  # in the middle of a hot apply
        _ends_cleanly(sandbox, watching, signal.SIGTERM)


def _an_unhealthy_program_is_undone(sandbox: Sandbox, watching: Watching, main: str) -> None:
    """Save a program that never becomes healthy, and undo that while porter waits for it."""
    before, waited = len(watching.changes), watching.there.err.count(WAITS)
    broken = UNHEALTHY.replace("from version import", "from built import")
    _save(watching, "third", main=broken)
    assert until(lambda: watching.there.err.count(WAITS) > waited, MOST), watching.there.err
    assert all(watching.serves("second", url) for url in watching.urls)
    _save(watching, "second", main=main)
    assert watching.change(VERSION, before, MOST, ok=False)
    assert watching.change(VERSION, before, MOST, ok=True)
    assert all(watching.serves("second", url) for url in watching.urls)
    programs = [one for one in sandbox.processes().values() if one.endswith("main.py ")]
    assert len(programs) == 4, sandbox.processes()


def _a_replaced_host_gets_the_newest_payload(sandbox: Sandbox, watching: Watching) -> None:
    before = len(watching.changes)
    [first, *_] = [
        number
        for number, words in sandbox.processes().items()
        if "porter.rehearsal.machines.played.init" in words
    ]
    os.kill(first, signal.SIGKILL)
    change = watching.change("", before, MOST)
    assert (change["saved"], change["ok"], change["hosts"]) == ([], True, 1)


def test_a_service_in_a_nested_stack_gets_saves_modules_and_deployments() -> None:
    with a_sandbox() as sandbox:
        watching = Watching(sandbox, an_app(sandbox, nested=True))
        with Prober(watching.page) as prober:
            _save(watching, "second")
            assert watching.change(VERSION, 0, MOST)["action"] == "hot apply"
            assert watching.serves("second")
            renamed(watching.app / "settings.py", 'SETTINGS = {"environment": {"COLOUR": "red"}}\n')
            change = watching.change("settings.py", 0, MOST)
            assert (change["ok"], change["action"]) == (True, "hot apply"), change
            text = (watching.app / "app.py").read_text()
            more = text.replace("health_check=", "min_capacity=2, health_check=")
            renamed(watching.app / "app.py", more)
            change = watching.change("app.py", 0, 2 * MOST)
            assert (change["ok"], change["action"]) == (True, "deployment"), change
            assert watching.page() == "second red"
        assert prober.failures == []
        _ends_cleanly(sandbox, watching, signal.SIGINT)


def test_a_hangup_ends_it_and_leaves_nothing() -> None:
    with a_sandbox() as sandbox:
        watching = Watching(sandbox, an_app(sandbox))
        (watching.app / "settings.py").write_text('SETTINGS = {"environment": {"A": "b"}}\n')
        time.sleep(2)  # in the middle of a synthesis
        _ends_cleanly(sandbox, watching, signal.SIGHUP)


def test_after_sigkill_every_process_ends_that_of_packing_too() -> None:
    with a_sandbox() as sandbox:
        watching = Watching(sandbox, an_app(sandbox))
        _save(watching, "second")
        assert watching.change(VERSION, 0, MOST)["ok"]
        watching.process.kill()
        assert sandbox.gone_within(10 * slowness()), sandbox.processes()


def test_a_first_deployment_that_fails_is_healed_by_a_save() -> None:
    with a_sandbox() as sandbox:
        app = an_app(sandbox)
        (app / "service/version.py").write_text("raise SystemExit('no configuration')\n")
        watching = Watching(sandbox, app)
        _save(watching, "second")
        change = watching.change(VERSION, 0, MOST)
        assert change["ok"], change
        assert change["action"] == "deployment"
        assert change["why"] == "nothing is deployed yet"
        _ends_cleanly(sandbox, watching, signal.SIGINT)


@boots
def test_a_port_in_the_command_is_deployed_at_each_save() -> None:
    with a_sandbox("--machine", "systemd") as sandbox:
        app = an_app(sandbox)
        text = (app / "app.py").read_text()
        (app / "app.py").write_text(text.replace('"main.py"', '"main.py", "8000"'))
        main = SERVICE.replace('int(os.environ["PORT"])', "8000")
        (app / "service/main.py").write_text(main)
        watching = Watching(sandbox, app)
        with Prober(watching.page) as prober:
            _save(watching, "second")
            change = watching.change(VERSION, 0, MOST)
            assert watching.serves("second")
        assert change["ok"], change
        assert change["action"] == "deployment"
        assert "names port 8000" in change["why"]
        assert prober.failures == []
        _ends_cleanly(sandbox, watching, signal.SIGINT)


@boots
def test_booted_machines_get_each_save() -> None:
    with a_sandbox("--machine", "systemd") as sandbox:
        watching = Watching(sandbox, an_app(sandbox))
        with Prober(watching.page) as prober:
            for number in range(5):
                _save(watching, f"v{number}")
                change = watching.change(VERSION, number, MOST)
                assert change["ok"], change
                assert change["action"] == "hot apply"
                assert watching.serves(f"v{number}")
        assert prober.failures == []
        _ends_cleanly(sandbox, watching, signal.SIGINT)
