"""Services that do not come up: told by porterd, which asks them through HAProxy."""

from __future__ import annotations

from porter.rehearsal.faults import Fault
from tests.failures import services
from tests.failures.rows import Failure

TIMEOUT = 60
"""The wait condition's, in seconds. porterd gives up after three quarters of it."""

_NEVER = "hello-service did not become healthy within 45 s: GET /health on port …: "
_CRASHED = "hello-service will not become healthy: web "

SERVICE = (
    Failure(
        name="exits-at-once",
        main=services.EXITS_AT_ONCE,
        seen=f"{_CRASHED}exited with code 3 (… times). Last lines of web: …"
        "the database is not there",
        why="The process ends as soon as it is started. The third exit is told at once.",
        cure="Read its last lines. Is something in its environment or on the network missing?",
    ),
    Failure(
        name="exits-once-healthy",
        main=services.EXITS_ONCE_HEALTHY,
        seen=f"{_CRASHED}exited with code 4 (… times), after the service had answered. "
        "Last lines of web: …out of licences",
        why="It answers its health check and ends soon after.",
        cure="Read its last lines. Let the health check answer 200 only once all is ready.",
    ),
    Failure(
        name="crash-loop",
        main=services.CRASHES_LATER_EACH_TIME,
        as_text=True,
        within=21,
        seen=f"{_CRASHED}exited with code 5 (… times). Last lines of web: …came to nothing",
        why="It ends again and again, a little later each time.",
        cure="Read its last lines: one for each start.",
    ),
    Failure(
        name="crash-while-porterd-dies",
        main=services.EXITS_AT_ONCE,
        faults=(Fault.KILLED_WAITING,),
        within=20,
        seen=f"{_CRASHED}exited with code 3 (… times). Last lines of web: …"
        "the database is not there",
        why="The process ends at once, and porterd was killed meanwhile: it began to count anew.",
        cure="Read its last lines. Who kills porterd? Mostly the kernel, out of memory.",
    ),
    Failure(
        name="health-500",
        main=services.ANSWERS_500,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}answered 500; only 200 counts",
        why="The service runs, and finds itself unwell.",
        cure="Ask `/health` on your own machine, or make it say why in its body.",
    ),
    Failure(
        name="health-404",
        main=services.ANSWERS_404,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}answered 404; only 200 counts",
        why="Nothing is at that path.",
        cure='Give the path that there is: `HealthCheck("/healthz")`.',
    ),
    Failure(
        name="health-redirects",
        main=services.REDIRECTS,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}answered 302…/login",
        why="The path leads elsewhere: to a login, to HTTPS. A redirect is not a success.",
        cure="Leave the health check out of what redirects.",
    ),
    Failure(
        name="health-hangs",
        main=services.HANGS,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}hangs, no answer within … s",
        why="The connection is accepted and nothing comes.",
        cure="Does the health check wait for something? Raise `HealthCheck(timeout_seconds=)` only "
        "if it has to.",
    ),
    Failure(
        name="health-closes",
        main=services.CLOSES,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}closed the connection without an answer",
        why="The service hangs up: it fails while it answers, or it expects TLS.",
        cure="Read its log. It is spoken to in plain HTTP.",
    ),
    Failure(
        name="health-flaps",
        main=services.FLAPS,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}flaps, … of the last … checks succeeded; the last failure: answered 503",
        why="Some checks succeed, but never three in a row.",
        cure="Are there several processes behind the port, and not all of them well?",
    ),
    Failure(
        name="never-ready",
        main=services.ALWAYS_503,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}answered 503; only 200 counts",
        why="It says of itself that it is not ready yet, for too long.",
        cure="Find what it waits for, or raise `timeout=` of `PorterService`.",
    ),
    Failure(
        name="other-port",
        main=services.OTHER_PORT,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}nothing listens on 127.0.0.1:… (does web listen on $PORT?)",
        why="The service listens on another port than declared, or on none.",
        cure="Let it listen on `$PORT`.",
    ),
    Failure(
        name="other-address",
        main=services.OTHER_ADDRESS,
        timeout=TIMEOUT,
        within=TIMEOUT,
        seen=f"{_NEVER}web listens on 127.0.0.2:…, but not on 127.0.0.1:…",
        why="The port is right, but HAProxy does not reach the address.",
        cure="Let it listen on 127.0.0.1, or on all addresses.",
    ),
)
