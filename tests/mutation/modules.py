"""The critical modules, and the tests that protect each."""

from __future__ import annotations

GOAL = 0.95

_AT_REST = "tests/daemon/test_porterd_at_rest.py"
_JOB_EVENT = (
    "tests/daemon/test_porterd_events.py::test_a_hot_apply_and_the_outcome_of_a_job_are_events"
)
_PORTERD = (
    "tests/daemon/test_porterd_workers.py",
    "tests/daemon/test_porterd_http.py",
    "tests/daemon/test_porterd_watchdog.py",
    "tests/daemon/test_porterd_signal.py",
    "tests/daemon/test_porterd_exits.py",
    "tests/daemon/test_porterd_events.py::test_a_deployment_is_a_row_of_events",
    "tests/daemon/test_porterd_verdict.py",
    "tests/daemon/test_life.py",
    "tests/daemon/test_porterd_restart.py",
)
_CODEC = ("tests/spec/test_spec_codec.py", "tests/spec/test_spec_types.py")
_REASON = (
    "tests/aws/test_reason_size.py",
    "tests/aws/test_redaction.py",
    "tests/aws/test_wait_handle.py",
)
_BOOTSTRAP = tuple(f"tests/bootstrap/test_bootstrap_{name}.py" for name in ("success", "failure"))

MODULES: dict[str, tuple[str, ...]] = {
    "constructs/porter_cdk/bootstrap.py": ("tests/bootstrap/test_bootstrap_script.py", *_BOOTSTRAP),
    "constructs/porter_cdk/replacement.py": (
        "tests/cdk/test_replacement.py",
        "tests/cdk/test_release.py",
    ),
    "constructs/porter_cdk/tokens.py": ("tests/cdk/test_tokens.py", "tests/cdk/test_process.py"),
    "porter/aws/excerpt.py": _REASON,
    "porter/aws/exchange.py": (
        "tests/aws/test_exchange.py",
        "tests/daemon/test_checker.py",
        "tests/daemon/test_behind_haproxy.py",
    ),
    "porter/aws/leases.py": ("tests/aws/test_leases.py", "tests/host/test_job_settle.py"),
    "porter/aws/metadata.py": ("tests/aws/test_metadata.py",),
    "porter/aws/reason.py": _REASON,
    "porter/aws/redaction.py": ("tests/aws/test_redaction.py",),
    "porter/aws/secrets.py": (
        "tests/aws/test_secret_refusals.py",
        "tests/aws/test_secrets.py",
        "tests/aws/test_command_secrets.py",
    ),
    "porter/aws/siv.py": ("tests/aws/test_siv.py",),
    "porter/aws/wait_handle.py": (
        "tests/aws/test_wait_handle.py",
        "tests/aws/test_wait_handle_tls.py",
    ),
    "porter/daemon/behind.py": (
        "tests/daemon/test_checker.py",
        "tests/daemon/test_behind_haproxy.py",
    ),
    "porter/daemon/changes.py": ("tests/daemon/test_events.py",),
    "porter/daemon/child.py": ("tests/daemon/test_child.py",),
    "porter/daemon/checker.py": (
        "tests/daemon/test_checker.py",
        "tests/daemon/test_behind_haproxy.py",
    ),
    "porter/daemon/events.py": ("tests/daemon/test_events.py",),
    "porter/daemon/exits.py": ("tests/daemon/test_exits.py",),
    "porter/daemon/gate.py": ("tests/daemon/test_gate.py",),
    "porter/daemon/happenings.py": (
        "tests/daemon/test_events.py",
        "tests/daemon/test_life.py",
    ),
    "porter/daemon/journal.py": ("tests/daemon/test_journal.py",),
    "porter/daemon/life.py": ("tests/daemon/test_life.py", _AT_REST),
    "porter/daemon/kept.py": ("tests/daemon/test_verdict.py", "tests/daemon/test_events.py"),
    "porter/daemon/outcomes.py": (
        "tests/daemon/test_events.py",
        _JOB_EVENT,
        _AT_REST,
    ),
    "porter/aws/entering.py": ("tests/daemon/test_porterd_entry.py",),
    "porter/aws/replacing.py": ("tests/daemon/test_replacing.py",),
    "porter/daemon/beyond_help.py": ("tests/daemon/test_beyond_help.py",),
    "porter/daemon/entry.py": ("tests/daemon/test_porterd_entry.py",),
    "porter/daemon/liveness.py": (
        "tests/daemon/test_liveness.py",
        "tests/daemon/test_porterd_restarts.py",
    ),
    "porter/daemon/replacer.py": ("tests/daemon/test_porterd_replacement.py",),
    "porter/daemon/restarter.py": ("tests/daemon/test_porterd_restarts.py",),
    "porter/daemon/parking.py": ("tests/daemon/test_parking.py",),
    "porter/aws/launch.py": ("tests/daemon/test_launch_time.py",),
    "porter/daemon/sentence.py": (
        "tests/daemon/test_sentence.py",
        "tests/daemon/test_gate.py",
        "tests/daemon/test_porterd_workers.py",
    ),
    "porter/daemon/sessions.py": (
        "tests/daemon/test_porterd_sessions.py",
        "tests/daemon/test_porterd_credentials.py",
        _AT_REST,
    ),
    "porter/daemon/signaller.py": (
        "tests/daemon/test_signaller.py",
        "tests/daemon/test_any_order.py",
    ),
    "porter/daemon/systemd.py": ("tests/daemon/test_units.py",),
    "porter/daemon/units.py": ("tests/daemon/test_units.py",),
    "porter/daemon/values.py": (
        "tests/daemon/test_values.py",
        "tests/daemon/test_porterd_secrets.py",
    ),
    "porter/daemon/verdict.py": (
        "tests/daemon/test_verdict.py",
        "tests/daemon/test_porterd_verdict.py",
    ),
    "porter/daemon/watch.py": _PORTERD,
    "porter/daemon/watchdog.py": ("tests/daemon/test_porterd_watchdog.py",),
    "porter/daemon/witness.py": ("tests/daemon/test_events.py",),
    "porter/daemon/workers.py": ("tests/daemon/test_workers.py",),
    "porter/host/agents/package.py": (
        "tests/host/test_host_download.py",
        "tests/host/test_host_splunk.py",
        "tests/host/test_host_cloudwatch.py",
    ),
    "porter/host/core/payload.py": (
        "tests/host/test_host_payload.py",
        "tests/host/test_host_bring_payload.py",
    ),
    "porter/host/core/service.py": (
        "tests/host/test_host_plans.py",
        "tests/host/test_host_jobs.py",
    ),
    "porter/host/core/steps.py": ("tests/host/test_host_steps.py",),
    "porter/host/core/unit_state.py": ("tests/host/test_host_steps.py",),
    "porter/host/docker/engine.py": (
        "tests/host/test_host_docker_errors.py",
        "tests/host/test_host_docker_engine.py",
        "tests/host/test_host_docker_check.py",
        "tests/host/test_host_docker_attendant.py",
    ),
    "porter/host/docker/steps.py": (
        "tests/host/test_host_docker_errors.py",
        "tests/host/test_host_docker_engine.py",
    ),
    "porter/host/docker/fetch.py": (
        "tests/host/test_host_docker_errors.py",
        "tests/host/test_host_docker_engine.py",
        "tests/host/test_host_docker_attendant.py",
    ),
    "porter/host/drain/returning.py": ("tests/host/test_host_shutdown.py",),
    "porter/host/drain/shutdown.py": ("tests/host/test_host_shutdown.py",),
    "porter/host/drain/stages.py": (
        "tests/host/test_host_drain.py",
        "tests/host/test_host_drain_program.py",
    ),
    "porter/host/drain/stopping.py": ("tests/host/test_host_drain.py",),
    "porter/host/jobs/decision.py": ("tests/host/test_job_decisions.py",),
    "porter/host/jobs/occurrence.py": ("tests/host/test_job_decisions.py",),
    "porter/host/jobs/settle.py": ("tests/host/test_job_settle.py",),
    "porter/host/release/slots.py": (
        "tests/host/test_host_slots.py",
        "tests/host/test_host_swap.py",
    ),
    "porter/spec/calendar.py": ("tests/spec/test_spec_calendar.py",),
    "porter/spec/check.py": _CODEC,
    "porter/spec/codec.py": _CODEC,
}
"""Each module's tests, the fastest first: the first failure kills a mutant."""
