"""The critical modules, the tests that protect each, and the mutants that change nothing."""

from __future__ import annotations

GOAL = 0.95

_PORTERD = (
    "tests/daemon/test_porterd_signal.py",
    "tests/daemon/test_porterd_exits.py",
    "tests/daemon/test_porterd_workers.py",
    "tests/daemon/test_porterd_http.py",
    "tests/daemon/test_porterd_watchdog.py",
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
    "porter/daemon/checker.py": (
        "tests/daemon/test_checker.py",
        "tests/daemon/test_behind_haproxy.py",
    ),
    "porter/daemon/exits.py": ("tests/daemon/test_exits.py",),
    "porter/daemon/gate.py": ("tests/daemon/test_gate.py",),
    "porter/daemon/journal.py": ("tests/daemon/test_journal.py",),
    "porter/daemon/launch.py": ("tests/daemon/test_launch_time.py",),
    "porter/daemon/sentence.py": (
        "tests/daemon/test_sentence.py",
        "tests/daemon/test_gate.py",
        "tests/daemon/test_porterd_workers.py",
    ),
    "porter/daemon/sessions.py": (
        "tests/daemon/test_porterd_sessions.py",
        "tests/daemon/test_porterd_credentials.py",
    ),
    "porter/daemon/signaller.py": ("tests/daemon/test_signaller.py",),
    "porter/daemon/systemd.py": ("tests/daemon/test_units.py",),
    "porter/daemon/units.py": ("tests/daemon/test_units.py",),
    "porter/daemon/watch.py": _PORTERD,
    "porter/daemon/watchdog.py": ("tests/daemon/test_porterd_watchdog.py",),
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

_BOUND = "a bound that nothing real reaches"
_COMPUTES = "a time-out of a program that only computes"
_EMPTY_ZONE = "an empty TZ is UTC (tzset(3))"
_FREED = "memory of a process that opens a few secrets and exits"
_GUNICORN = "gunicorn ends its worker after two seconds, whatever threads it has"
_THIS_INSTANT = "a clock that reads this very nanosecond"
_POWER_CUT = "no test cuts the power"

EQUIVALENT: dict[str, dict[str, str]] = {
    "constructs/porter_cdk/bootstrap.py": {
        'patiently(report, ("bootstrap: %s: %r, clock: %s" % (name, error, time.ctime()))[:900])'
        ": 900 -> 901": "a round number below CloudFormation's limit",
    },
    "constructs/porter_cdk/replacement.py": {
        "return dict(zip(stack.resolve([node.logical_id for node in nodes]), nodes, "
        "strict=True)): True -> False": "both have one length",
    },
    "porter/aws/exchange.py": {
        "connection = http.client.HTTPConnection(\"localhost\"): 'localhost' -> ''": (
            "it is connected already, and gets the header Host"
        ),
    },
    "porter/daemon/checker.py": {
        "error.strerror or type(error).__name__ -> error.strerror": "the system's errors have words"
    },
    "porter/daemon/sessions.py": {
        "threading.Thread(target=self._run, name='sessions', daemon=True) -> "
        "threading.Thread(target=self._run, name='sessions')": _GUNICORN,
        'threading.Thread(target=self._run, name="sessions", daemon=True).start(): '
        "True -> False": _GUNICORN,
        "while (left := instant - time.time()) > 0:: 0 -> 1": "a second earlier, of an hour",
        "(left := (instant - time.time())) > 0 -> (left := (instant - time.time())) >= 0": (
            _THIS_INSTANT
        ),
        "subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, "
        "timeout=_CHILD_SECONDS, ch... -> "
        "subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)": (
            "no test waits for a minute"
        ),
    },
    "porter/daemon/systemd.py": {
        "('--no-pager', '--output=cat', f'--lines={_LINES}') -> "
        "('--output=cat', f'--lines={_LINES}')": "no pager is used for a pipe (journalctl(1))",
    },
    "porter/daemon/watch.py": {
        "time.monotonic() <= self._due_at -> time.monotonic() < self._due_at": _THIS_INSTANT,
    },
    "porter/daemon/workers.py": {"ends: int = 0: 0 -> 1": "the first look at a worker sets it"},
    "porter/aws/secrets.py": {
        "time.monotonic() + pause <= self._expires -> time.monotonic() + pause < self._expires": (
            _THIS_INSTANT
        ),
    },
    "porter/aws/siv.py": {
        "crypto.EVP_CIPHER_CTX_free(context) -> pass": _FREED,
        "crypto.EVP_CIPHER_free(cipher) -> pass": _FREED,
    },
    "porter/host/core/payload.py": {
        "16 -> 17": _BOUND,
        "1024 -> 1025": _BOUND,
        "_flush(whole) -> pass": _POWER_CUT,
        "os.fsync(handle) -> pass": _POWER_CUT,
        "os.close(handle) -> pass": "a few descriptors of a process that ends soon",
        "if path.is_file() or path.is_dir(): -> if False:": _POWER_CUT,
        "path.is_file() or path.is_dir() -> path.is_file()": _POWER_CUT,
        "path.is_file() or path.is_dir() -> path.is_dir()": _POWER_CUT,
        "path.is_file() or path.is_dir() -> path.is_file() and path.is_dir()": _POWER_CUT,
        "(folder, *folder.rglob('*')) -> (folder,)": _POWER_CUT,
        "(folder, *folder.rglob('*')) -> (*folder.rglob('*'),)": _POWER_CUT,
        "for path in (folder, *folder.rglob(\"*\")):: '*' -> ''": _POWER_CUT,
    },
    "porter/host/jobs/occurrence.py": {
        "found if end == found else told(end - 1) -> told(end - 1)": (
            "the same answer, from a second systemd-analyze"
        ),
        "machine.run(argv, seconds=20, environment={'TZ': 'UTC', 'LC_ALL': 'C'}) -> "
        "machine.run(argv, environment={'TZ': 'UTC', 'LC_ALL': 'C'})": _COMPUTES,
        "done = machine.run(argv, seconds=20, "
        'environment={"TZ": "UTC", "LC_ALL": "C"}): 20 -> 21': _COMPUTES,
        "done = machine.run(argv, seconds=20, "
        'environment={"TZ": "UTC", "LC_ALL": "C"}): \'UTC\' -> \'\'': _EMPTY_ZONE,
    },
    "porter/daemon/journal.py": {
        "os.fsync(descriptor) -> pass": _POWER_CUT,
        "os.fsync(file.fileno()) -> pass": _POWER_CUT,
        "file.flush() -> pass": _POWER_CUT,
        "_sync_directory(self._path.parent) -> pass": _POWER_CUT,
    },
}
"""Changes that no test can detect, by module, each with the reason.

A change is `before -> after`, anywhere in the module or, as `LINE: before -> after`, on that line.
"""
