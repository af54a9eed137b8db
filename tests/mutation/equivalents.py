"""The mutants of the critical modules that change nothing that a test could see."""

from __future__ import annotations

_BOUND = "a bound that nothing real reaches"
_COMPUTES = "a time-out of a program that only computes"
_EMPTY_ZONE = "an empty TZ is UTC (tzset(3))"
_ENGLISH = "systemd-analyze has no translations, and its own table of weekdays"
_FREED = "memory of a process that opens a few secrets and exits"
_GUNICORN = "gunicorn ends its worker after two seconds, whatever threads it has"
_THIS_INSTANT = "a clock that reads this very nanosecond"
_POWER_CUT = "no test cuts the power"
_THREAD = "the name of a thread, for people"

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
    "porter/daemon/changes.py": {
        'key = before.get("key") or secrets.token_hex(32): 32 -> 33': _BOUND,
    },
    "porter/daemon/checker.py": {
        "error.strerror or type(error).__name__ -> error.strerror": "the system's errors have words"
    },
    "porter/daemon/events.py": {
        "fields.items() <= one.items() -> fields.items() < one.items()": (
            "every event has an id beside its fields"
        ),
    },
    "porter/daemon/life.py": {
        "threading.Thread(target=self._run, name='life', daemon=True) -> "
        "threading.Thread(target=self._run, name='life')": _GUNICORN,
        'threading.Thread(target=self._run, name="life", daemon=True).start(): '
        "True -> False": _GUNICORN,
        "threading.Thread(target=self._run, name='life', daemon=True) -> "
        "threading.Thread(target=self._run, daemon=True)": _THREAD,
        "'life' -> ''": _THREAD,
        "self._looks += 1: 1 -> 2": "by twos, every third number is still divisible by three",
    },
    "porter/daemon/outcomes.py": {
        "threading.Thread(target=self._run, name='outcomes', daemon=True) -> "
        "threading.Thread(target=self._run, name='outcomes')": _GUNICORN,
        'threading.Thread(target=self._run, name="outcomes", daemon=True).start(): '
        "True -> False": _GUNICORN,
        "threading.Thread(target=self._run, name='outcomes', daemon=True) -> "
        "threading.Thread(target=self._run, daemon=True)": _THREAD,
        "'outcomes' -> ''": _THREAD,
        "if self._files: -> if True:": "a thread that looks at no file",
        "changed >= self._events.began * 1000000 -> changed > self._events.began * 1000000": (
            _THIS_INSTANT
        ),
    },
    "porter/daemon/sessions.py": {
        "self._expires_at = 0.0: 0.0 -> 1.0": "both are in 1970",
        "threading.Thread(target=self._run, name='sessions', daemon=True) -> "
        "threading.Thread(target=self._run, daemon=True)": _THREAD,
        'threading.Thread(target=self._run, name="sessions", daemon=True).start(): '
        "'sessions' -> ''": _THREAD,
        "threading.Thread(target=self._run, name='sessions', daemon=True) -> "
        "threading.Thread(target=self._run, name='sessions')": _GUNICORN,
        'threading.Thread(target=self._run, name="sessions", daemon=True).start(): '
        "True -> False": _GUNICORN,
        "while (left := instant - time.time()) > 0:: 0 -> 1": "a second earlier, of an hour",
        "(left := (instant - time.time())) > 0 -> (left := (instant - time.time())) >= 0": (
            _THIS_INSTANT
        ),
        "time.time() < self._expires_at -> time.time() <= self._expires_at": _THIS_INSTANT,
        "expires_at <= time.time() -> expires_at < time.time()": _THIS_INSTANT,
    },
    "porter/daemon/systemd.py": {
        "('--no-pager', '--output=cat', f'--lines={_LINES}') -> "
        "('--output=cat', f'--lines={_LINES}')": "no pager is used for a pipe (journalctl(1))",
    },
    "porter/daemon/kept.py": {"'.new' -> ''": "the name of a draft that is moved at once"},
    "porter/daemon/values.py": {
        "time.monotonic() - self._asked.get(key, float('-inf')) < PAUSE_SECONDS -> "
        "time.monotonic() - self._asked.get(key, float('-inf')) <= PAUSE_SECONDS": _THIS_INSTANT,
        "now() - value.read_at <= max_age -> now() - value.read_at < max_age": _THIS_INSTANT,
    },
    "porter/daemon/verdict.py": {
        "self._decided = False: False -> True": "`decide` sets it before `fail` reads it",
    },
    "porter/daemon/watch.py": {
        "time.monotonic() <= self._due_at -> time.monotonic() < self._due_at": _THIS_INSTANT,
        "left <= LOOK_SECONDS -> left < LOOK_SECONDS": _THIS_INSTANT,
        "threading.Thread(target=self._run, name='gate', daemon=True) -> "
        "threading.Thread(target=self._run, name='gate')": _GUNICORN,
        'threading.Thread(target=self._run, name="gate", daemon=True).start(): '
        "True -> False": _GUNICORN,
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
    "porter/host/drain/stopping.py": {
        "time.monotonic() < ends -> time.monotonic() <= ends": _THIS_INSTANT,
        "time.monotonic() < min(again, ends) -> time.monotonic() <= min(again, ends)": (
            _THIS_INSTANT
        ),
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
        "done = machine.run(argv, seconds=20, "
        'environment={"TZ": "UTC", "LC_ALL": "C"}): \'C\' -> \'\'': _ENGLISH,
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
