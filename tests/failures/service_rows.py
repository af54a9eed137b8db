"""Services that do not become healthy, as porterd reports after checks through HAProxy."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures import services
from tests.failures.rows import QUICK, RELEASE, Failure

TIMEOUT = 60
"""The wait condition's time-out, in seconds. porterd gives up after three quarters of it."""

_NEVER = "hello-service did not become healthy within 45 s: GET /health on port …: "
_CRASHED = "hello-service will not become healthy: web "

SERVICE = (
    Failure(
        name="exits-at-once",
        tier=QUICK,
        main=services.EXITS_AT_ONCE,
        seen=f"{_CRASHED}exited with code 3 (… times). Last lines of web: …"
        "the database is not there",
        why="The process exits as soon as it starts. porterd reports the third exit at once.",
        cure="Read its last lines. Check its environment, and what it needs from the network.",
    ),
    Failure(
        name="library-missing",
        tier=RELEASE,
        main="import no_such_library\n",
        booted_too=False,
        seen=f"{_CRASHED}exited with code 1 (… times). Last lines of web: …"
        "ModuleNotFoundError: No module named '…'",
        why="The service's folder does not contain a library that the service imports.",
        cure="Name the library in `requirements.txt`, and [`build=`](../how-to/ship-libraries.md).",
    ),
    Failure(
        name="writes-beside-its-code",
        tier=RELEASE,
        main="import sqlite3\n\nsqlite3.connect('db.sqlite3').execute('create table t (x)')\n",
        booted_too=False,
        seen=f"{_CRASHED}exited with code 1 (… times), as it may write only to /tmp, $HOME and, "
        "with state=True, $STATE_DIRECTORY. Last lines of web: …unable to open database file",
        why="The service writes into its own folder, which is read-only.",
        cure="Write [where a program may write](../reference/host.md#where-a-program-may-write).",
    ),
    Failure(
        name="exits-once-healthy",
        tier=RELEASE,
        main=services.EXITS_ONCE_HEALTHY,
        seen=f"{_CRASHED}exited with code 4 (… times), after the service had answered. "
        "Last lines of web: …out of licences",
        why="The process answers its health check and exits soon after.",
        cure="Read its last lines. Return 200 from the health check only when the service is "
        "ready.",
    ),
    Failure(
        name="crash-loop",
        tier=RELEASE,
        main=services.CRASHES_LATER_EACH_TIME,
        as_text=True,
        within=21,
        seen=f"{_CRASHED}exited with code 5 (… times). Last lines of web: …came to nothing",
        why="The process exits again and again, a little later each time.",
        cure="Read its last lines: there is one for each start.",
    ),
    Failure(
        name="crash-while-porterd-dies",
        main=services.EXITS_AT_ONCE,
        faults=(Fault.KILLED_WAITING,),
        within=20,
        seen=f"{_CRASHED}exited with code 3 (… times). Last lines of web: …"
        "the database is not there",
        why="The process exits as soon as it starts. porterd was killed meanwhile, and counted "
        "the exits anew.",
        cure="Read its last lines. Find out what kills porterd: usually the kernel, when memory "
        "runs out.",
    ),
    Failure(
        name="health-500",
        main=services.ANSWERS_500,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}answered 500; only 200 counts",
        why="The service runs, and its health check reports an error.",
        cure="Request `/health` on your own machine, or put the cause into the answer's body.",
    ),
    Failure(
        name="health-refuses-host",
        main=services.CHECKS_ITS_HOST,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}answered 400; only 200 counts (the load balancer sends the header Host …: "
        "allow it, or HealthCheck(host=...))",
        why="The service answers only requests for its own name (Django's `ALLOWED_HOSTS`, Rails' "
        "`config.hosts`). A load balancer asks for the host's address.",
        cure='Set the name for health checks: `HealthCheck(host="shop.example.com")`.',
    ),
    Failure(
        name="health-404",
        tier=RELEASE,
        main=services.ANSWERS_404,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}answered 404; only 200 counts",
        why="The service has nothing at that path.",
        cure='Write the path that exists: `HealthCheck("/healthz")`.',
    ),
    Failure(
        name="load-balancer-disagrees",
        tier=RELEASE,
        edits=(
            ("PorterService(", "service = PorterService("),
            ("app.synth()", 'service.target_group.configure_health_check(path="/no")\napp.synth()'),
        ),
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen="hello-service is healthy, but gets no requests from its load balancer within … s: "
        "unhealthy in Hello-…(Target.ResponseCodeMismatch: Health checks failed with these codes: "
        "[404])",
        why="porterd's checks succeed, and the load balancer's own checks fail. The reason quotes "
        "the load balancer.",
        cure="Compare the health check of the target group with `health_check=`. Check that the "
        "load balancer reaches the hosts: security groups, network ACLs.",
    ),
    Failure(
        name="health-redirects",
        tier=RELEASE,
        main=services.REDIRECTS,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}answered 302…/login",
        why="The path redirects to a login or to HTTPS. A redirect is not a success.",
        cure="Exclude the health check's path from the redirect.",
    ),
    Failure(
        name="health-hangs",
        main=services.HANGS,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}hangs, no answer within … s",
        why="The service accepts the connection and never answers.",
        cure="Check what the health check waits for. Raise `HealthCheck(timeout_seconds=)` only if"
        " it must wait.",
    ),
    Failure(
        name="health-closes",
        tier=RELEASE,
        main=services.CLOSES,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}closed the connection without an answer",
        why="The service closes the connection: it crashes while it answers, or it expects TLS.",
        cure="Read the service's log. HAProxy speaks plain HTTP to the service.",
    ),
    Failure(
        name="health-flaps",
        tier=RELEASE,
        main=services.FLAPS,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}flaps, … of the last … checks succeeded; the last failure: answered 503",
        why="Some checks succeed, but never three in a row.",
        cure="Check whether several processes share the port, and some of them fail.",
    ),
    Failure(
        name="never-ready",
        main=services.ALWAYS_503,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}answered 503; only 200 counts",
        why="The service reported for too long that it was not ready.",
        cure="Find out what the service waits for, or raise `timeout=` of `PorterService`.",
    ),
    Failure(
        name="too-slow-to-start",
        main=services.ANSWERS_500,
        edits=(('HealthCheck("/health")', 'HealthCheck("/health", start_seconds=10)'),),
        within=20,
        seen="hello-service will not become healthy: GET /health: answered 500; only 200 counts; "
        "no success within 10 s of its start (does it need longer? "
        "HealthCheck(start_seconds=...))",
        why="No health check succeeded in the first minutes of the program, 180 s by default.",
        cure="Find out what the service waits for, or raise `HealthCheck(start_seconds=)`.",
    ),
    Failure(
        name="other-port",
        tier=QUICK,
        main=services.OTHER_PORT,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}nothing listens on 127.0.0.1:… (does web listen on $PORT?)",
        why="The service listens on another port than the declared one, or on none.",
        cure="Let the service listen on `$PORT`.",
    ),
    Failure(
        name="other-address",
        tier=RELEASE,
        main=services.OTHER_ADDRESS,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}web listens on 127.0.0.2:…, but not on 127.0.0.1:…",
        why="The service listens on the right port, but on an address that HAProxy does not use.",
        cure="Let the service listen on 127.0.0.1, or on all addresses.",
    ),
)
