"""`porter host apply` on a host below a folder."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from porter.spec import HealthCheck, Proxy
from tests.harness.golden import golden
from tests.host.fake_host import WEB, FakeHost, host_deployment, host_spec

GOLDEN = Path(__file__).parent / "golden"
STORY = "var/log/porter/apply.log"


def story(host: FakeHost) -> list[str]:
    """Return the lines of `/var/log/porter/apply.log`, without their times."""
    return [line.split(" ", 1)[1] for line in (host.root / STORY).read_text().splitlines()]


def test_first_apply_starts_workload_haproxy_and_porterd_in_this_order(fake_host: FakeHost) -> None:
    output = fake_host.apply()
    *phases, timing = [line for line in output.splitlines() if not line.startswith(" ")]
    assert timing.startswith("applied in ")
    assert phases == [
        "limits",
        "logs",
        "install",
        "record",
        "workloads",
        "haproxy",
        "drain",
        "restart",
        "porterd",
    ]
    assert fake_host.calls() == [
        "enable --no-reload porter-environment.service",
        "start porter-environment.service",
        "enable --no-reload porter-web.service",
        "start porter-web.service",
        "enable --no-reload porter-haproxy.service",
        "start porter-haproxy.service",
        "enable --no-reload porterd-drain.path",
        "start porterd-drain.path",
        "enable --no-reload porterd-restart.path",
        "start porterd-restart.path",
        "enable --no-reload porterd.service",
        "start porterd.service",
    ]


def test_second_apply_does_nothing(fake_host: FakeHost) -> None:
    fake_host.apply()
    fake_host.calls()
    before = fake_host.files()
    assert fake_host.apply() == "nothing to do\n"
    assert fake_host.calls() == []
    after = {name: text for name, text in fake_host.files().items() if name != STORY}
    assert after == {
        name: content for name, content in before.items() if name not in ("systemd/calls", STORY)
    }
    assert story(fake_host)[-2:] == ["porter host apply", "nothing to do"]


def test_changed_environment_restarts_the_workload_and_porterd_only(fake_host: FakeHost) -> None:
    """Porterd's unit reads the specification too, so porterd restarts."""
    fake_host.apply()
    fake_host.calls()
    changed = replace(WEB, environment={"GREETING": "good evening"})
    fake_host.boot(host_spec(workloads=(changed,)), host_deployment())
    fake_host.apply()
    assert fake_host.calls() == ["restart porter-web.service", "restart porterd.service"]


def test_new_payload_is_a_new_unit_and_one_restart(fake_host: FakeHost) -> None:
    fake_host.apply()
    fake_host.calls()
    deployment = host_deployment()
    payload = replace(deployment.payload, sha256="c" * 64)
    fake_host.boot(host_spec(), replace(deployment, payload=payload))
    fake_host.apply()
    assert fake_host.calls() == [
        "daemon-reload",
        "restart porter-web.service",
        "restart porterd.service",
    ]


def test_changed_health_check_reloads_haproxy_without_a_restart(fake_host: FakeHost) -> None:
    fake_host.apply()
    fake_host.calls()
    fake_host.boot(host_spec(health_check=HealthCheck("/ready")), host_deployment())
    fake_host.apply()
    assert fake_host.calls() == ["reload porter-haproxy.service", "restart porterd.service"]


def test_stopped_unit_is_started_again(fake_host: FakeHost) -> None:
    fake_host.apply()
    fake_host.calls()
    (fake_host.root / "systemd/active-porter-web.service").unlink()
    fake_host.apply()
    assert fake_host.calls() == ["start porter-web.service"]


def test_apply_after_an_interrupted_one_still_restarts(fake_host: FakeHost) -> None:
    """The files are current, but the unit still runs with the old ones."""
    fake_host.apply()
    changed = replace(WEB, command=("python3", "other.py"))
    fake_host.boot(host_spec(workloads=(changed,)), host_deployment())
    fake_host.fail("restart", "porter-web.service")
    assert fake_host.porter("host", "apply", "--dry-run").returncode == 0
    fake_host.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:9"
    fake_host.boot(host_spec(workloads=(changed,)), host_deployment(handle_url="not a URL"))
    assert fake_host.porter("host", "apply").returncode == 1
    fake_host.mend("restart", "porter-web.service")
    fake_host.calls()
    fake_host.apply()
    assert "restart porter-web.service" in fake_host.calls()


def test_a_removed_workload_is_stopped_and_its_files_are_removed(fake_host: FakeHost) -> None:
    fake_host.apply()
    fake_host.calls()
    fake_host.boot(
        host_spec(workloads=(replace(WEB, name="site"),), proxy=Proxy(workload="site")),
        host_deployment(),
    )
    fake_host.apply()
    assert fake_host.calls()[:3] == [
        "stop porter-web.service",
        "disable --no-reload porter-web.service",
        "daemon-reload",
    ]
    assert not [name for name in fake_host.files() if "web.env" in name or "porter-web" in name]


def test_unit_that_porter_did_not_write_is_left_alone(fake_host: FakeHost) -> None:
    units = fake_host.root / "etc/systemd/system"
    units.mkdir(parents=True)
    (units / "porter-backup.service").write_text("[Service]\nExecStart=true\n")
    fake_host.apply()
    assert (units / "porter-backup.service").exists()


def test_host_without_a_service_runs_porterd_alone(fake_host: FakeHost) -> None:
    fake_host.apply()
    fake_host.calls()
    fake_host.boot(host_spec(workloads=(), health_check=None, proxy=None), host_deployment())
    fake_host.apply()
    assert fake_host.calls() == [
        "stop porter-environment.service",
        "disable --no-reload porter-environment.service",
        "daemon-reload",
        "stop porter-web.service",
        "disable --no-reload porter-web.service",
        "daemon-reload",
        "stop porter-haproxy.service",
        "disable --no-reload porter-haproxy.service",
        "daemon-reload",
        "daemon-reload",
        "restart porterd.service",
    ]


def test_the_distributions_own_haproxy_unit_is_masked_for_good(fake_host: FakeHost) -> None:
    fake_host.install_unit("haproxy.service")
    fake_host.apply()
    calls = fake_host.calls()
    assert calls.index("stop haproxy.service") < calls.index("start porter-haproxy.service")
    assert "mask --no-reload haproxy.service" in calls
    assert fake_host.apply() == "nothing to do\n"


def test_dry_run_prints_the_steps_and_writes_nothing(fake_host: FakeHost) -> None:
    before = fake_host.files()
    output = fake_host.apply("--dry-run")
    assert "  restart" not in output
    assert "  start porter-web.service" in output
    assert fake_host.files() == before
    assert fake_host.calls() == []


def test_dry_run_prints_what_apply_then_does(fake_host: FakeHost) -> None:
    planned = fake_host.apply("--dry-run")
    *done, timing = fake_host.apply().splitlines(keepends=True)
    assert "".join(done) == planned
    assert "porterd 0." in timing


def test_json_of_a_first_apply(fake_host: FakeHost) -> None:
    """The golden file is the whole report; it names the secret's file without the content."""
    text = json.dumps(fake_host.apply_json("--dry-run"), indent=2) + "\n"
    text = text.replace(str(fake_host.root), "/ROOT").replace(sys.executable, "/PYTHON")
    assert text == golden(GOLDEN / "first_apply.json", text)


def test_files_with_secrets_are_for_root_alone(fake_host: FakeHost) -> None:
    fake_host.apply()
    for name in ("etc/porter/host.json", "run/porter/environment/web.env"):
        assert (fake_host.root / name).stat().st_mode & 0o777 == 0o600
    for record in (fake_host.root / "var/lib/porter/started").iterdir():
        assert record.stat().st_mode & 0o777 == 0o600


def test_wrong_permissions_are_mended_without_a_restart(fake_host: FakeHost) -> None:
    fake_host.apply()
    fake_host.calls()
    environment = fake_host.root / "run/porter/environment/web.env"
    environment.chmod(0o644)
    fake_host.apply()
    assert environment.stat().st_mode & 0o777 == 0o600
    assert fake_host.calls() == []


def test_without_systemctl_units_are_written_but_not_started_and_a_note_says_so(
    fake_host: FakeHost,
) -> None:
    (fake_host.root / "usr/bin/systemctl").unlink()
    output = fake_host.apply()
    assert "note: no systemctl below the root" in output
    assert "start porter" not in output
    assert fake_host.unit("porterd.service")
