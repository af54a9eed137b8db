"""`porter host apply` of a newer payload: it takes over, or the old one serves on."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from porter.spec import HostSpec, loads, workload_token
from tests.hot.host import SERVICE, HotHost
from tests.machine.conftest import eventually

DEAF = "import time\nprint('not listening', flush=True)\ntime.sleep(600)\n"
DYING = "raise SystemExit('no such table: visitors')\n"
STUBBORN = SERVICE.read_text().replace('int(os.environ["PORT"])', "OLD_PORT")


def test_the_newer_process_takes_over_in_the_other_slot_and_nothing_of_the_old_stays(
    hot: HotHost,
) -> None:
    hot.release("2")
    hot.applied()
    assert hot.page() == "2"
    assert hot.servers() == ["web_b no check"]
    assert hot.units() == {"porter-web.service": "inactive", "porter-web_b.service": "active"}
    left = [name for name in hot.host.files() if "porter-web.service" in name or "/web.env" in name]
    assert [name for name in left if "log" not in name] == []


def test_it_goes_back_to_the_first_slot_the_next_time(hot: HotHost) -> None:
    for version in ("2", "3"):
        hot.release(version)
        hot.applied()
        assert hot.page() == version
    assert hot.servers() == ["web no check"]
    assert hot.host.files().keys() >= {"etc/systemd/system/porter-web.service"}


def test_a_second_apply_finds_nothing_to_do(hot: HotHost) -> None:
    hot.release("2")
    hot.applied()
    assert hot.applied() == "nothing to do\n"


def test_a_dry_run_shows_what_is_then_done(hot: HotHost) -> None:
    hot.release("2")
    planned = hot.host.apply("--dry-run")
    *done, _ = hot.applied().splitlines(keepends=True)
    assert "".join(done) == planned


def test_haproxy_is_neither_restarted_nor_reloaded_and_reads_the_same_after_a_restart(
    hot: HotHost,
) -> None:
    hot.release("2")
    assert "porter-haproxy" not in "".join(
        line for line in hot.applied().splitlines() if line.split()[:1] in (["restart"], ["reload"])
    )
    hot.systemctl("restart", "porter-haproxy.service")
    eventually(lambda: hot.serves("2"))  # HAProxy's unit is Type=exec: it listens a moment later
    assert hot.page() == "2"


def test_an_unchanged_payload_with_a_changed_environment_is_swapped_too(hot: HotHost) -> None:
    hot.release("1b")
    hot.applied()
    assert hot.page() == "1b"
    spec = loads(HostSpec, (hot.host.root / "etc/porter/host.json").read_bytes())
    assert spec.proxy
    assert spec.proxy.slot == "b"


def test_one_that_dies_at_once_leaves_the_old_one_serving_and_says_why(hot: HotHost) -> None:
    hot.release("2", DYING)
    done = hot.apply()
    assert done.returncode == 1
    assert "no such table: visitors" in done.stderr
    _assert_version_1_serves_alone(hot)


def test_one_that_never_listens_leaves_the_old_one_serving_and_says_why(hot: HotHost) -> None:
    hot.release("2", DEAF, timeout_seconds=3)
    done = hot.apply()
    assert done.returncode == 1
    assert "is not healthy after 3 s: nothing listens on 127.0.0.1:" in done.stderr
    assert "the program must listen on $PORT" in done.stderr
    _assert_version_1_serves_alone(hot)


def test_one_that_ignores_its_port_leaves_the_old_one_serving(hot: HotHost) -> None:
    hot.release("2", STUBBORN.replace("OLD_PORT", str(hot.ports[8000])), timeout_seconds=10)
    done = hot.apply()
    assert done.returncode == 1
    assert "does not stay up on port" in done.stderr
    assert "$PORT" in done.stderr
    _assert_version_1_serves_alone(hot)


def test_a_failed_one_is_not_told_to_cloudformation_for_which_this_host_succeeded(
    hot: HotHost,
) -> None:
    hot.release("2", DYING)
    done = hot.apply()
    assert "CloudFormation" not in done.stderr


def test_after_a_failure_the_next_one_works(hot: HotHost) -> None:
    hot.release("2", DYING)
    assert hot.apply().returncode == 1
    hot.release("3")
    hot.applied()
    assert hot.page() == "3"


def test_the_newer_process_has_a_token_for_credentials_and_the_old_ones_is_gone(
    hot: HotHost,
) -> None:
    hot.release("2", service_role="arn:aws:iam::123456789012:role/Service")
    hot.applied()
    tokens = [name for name in hot.host.files() if "AUTHORIZATION_TOKEN" in hot.text(name)]
    assert [name.rsplit("/", 1)[1] for name in tokens] == ["web_b.env"]


def test_the_first_token_there_is_is_one_that_porterd_will_know(hot: HotHost) -> None:
    hot.release("2", service_role="arn:aws:iam::123456789012:role/Service")
    hot.applied()
    [web] = hot.processes("main.py")
    environment = Path(f"/proc/{web}/environ").read_text()
    key = hot.text("run/porter/credentials/key").encode()
    assert f"AWS_CONTAINER_AUTHORIZATION_TOKEN={workload_token(key, 'web')}\0" in environment


def test_only_the_payload_that_runs_is_kept(hot: HotHost) -> None:
    for version in ("2", "3"):
        hot.release(version)
        hot.applied()
    (hot.host.root / "opt/porter/.payload-killed").mkdir()
    hot.applied()
    assert len(list((hot.host.root / "opt/porter").glob("*payload-*"))) == 1
    hot.systemctl("restart", "porter-web.service")
    eventually(lambda: hot.serves("3"))


def test_a_haproxy_that_is_silent_is_not_taken_for_one_that_is_down(hot: HotHost) -> None:
    """A silent HAProxy still serves requests, so apply must not stop its process."""
    hot.release("2")
    steps = [line for line in hot.host.apply("--dry-run").splitlines() if line.startswith("  ")]
    drained = next(index for index, title in enumerate(steps) if "confirm that" in title)
    assert hot.killed_before(drained) == -signal.SIGKILL
    assert hot.page() == "2"
    silent = hot.processes("haproxy.cfg")
    for pid in silent:
        os.kill(pid, signal.SIGSTOP)
    done = hot.apply()
    for pid in silent:
        os.kill(pid, signal.SIGCONT)
    assert done.returncode == 1
    assert "admin.sock" in done.stderr
    assert "HAProxy does not answer within 5 s" in done.stderr
    assert "systemctl restart porter-haproxy.service" in done.stderr
    assert hot.page() == "2"
    hot.applied()
    assert hot.page() == "2"
    assert len(hot.servers()) == 1


def test_json_tells_every_step(hot: HotHost) -> None:
    hot.release("2")
    report = json.loads(hot.host.apply("--json"))
    (swap,) = [phase for phase in report["phases"] if phase["phase"] == "swap"]
    told = [step["step"] for step in swap["steps"]]
    assert told.index("await-healthy") < told.index("await-drained") < told.index("stop-unit")


def _assert_version_1_serves_alone(hot: HotHost) -> None:
    assert hot.page() == "1"
    assert hot.servers() == ["web no check"]
    assert hot.units().get("porter-web.service") == "active"
    assert hot.units().get("porter-web_b.service") in (None, "inactive")
    assert not [name for name in hot.host.files() if "web_b" in name and "log" not in name]
    slot = loads(HostSpec, (hot.host.root / "etc/porter/host.json").read_bytes()).proxy
    assert slot
    assert slot.slot == "a"
