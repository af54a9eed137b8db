"""What porterd reports about a service behind the real HAProxy."""

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from porter.aws.redaction import Redactor
from porter.daemon.checker import check
from porter.daemon.settings import Target
from porter.host.release.probe import problem_of
from porter.spec import HealthCheck
from tests.daemon.loopback import Server, ServiceHandler, running
from tests.harness.free_port import free_port
from tests.host.real_proxy import get, proxy

CHECK = HealthCheck()
Behave = Callable[[ServiceHandler], None]


@contextmanager
def behaving(do: Behave) -> Iterator[int]:
    """Run a service that handles each request by `do`; yield its port."""

    class Misbehaving(ServiceHandler):
        def do_GET(self) -> None:  # noqa: N802 - http.server's name
            do(self)

    with running(server := Server(Misbehaving)):
        yield server.port


def close(handler: ServiceHandler) -> None:
    """Close the connection without an answer, by a FIN."""
    handler.close_connection = True


def nonsense(handler: ServiceHandler) -> None:
    """Answer in another protocol."""
    handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")
    handler.close_connection = True


def hang(handler: ServiceHandler) -> None:
    """Wait until the client gives up."""
    handler.connection.settimeout(10)
    handler.connection.recv(1)
    handler.close_connection = True


def ask(
    folder: Path, port: int, timeout: float = 3, health_check: HealthCheck = CHECK
) -> tuple[int | None, str]:
    """Return status and problem of one check through HAProxy."""
    with proxy(folder, port, health_check) as front:
        target = Target(
            service="hello",
            port=front,
            health_check=health_check,
            workload="web",
            workload_port=port,
        )
        seen = check(target, timeout, Redactor())
    return seen.status, seen.problem


@pytest.mark.parametrize(
    ("do", "status", "problem"),
    [
        (lambda it: it.answer(200), 200, ""),
        (lambda it: it.answer(500, b"oops", Content_Type="text/plain"), 500, "answered 500: oops"),
        (lambda it: it.answer(404), 404, "answered 404; only 200 counts"),
        (
            lambda it: it.answer(302, Location="/login"),
            302,
            "answered 302, a redirect to /login; only 200 counts",
        ),
        (
            lambda it: it.answer(503, b"warming up", Content_Type="text/plain"),
            503,
            "answered 503: warming up",
        ),
        (close, 502, "closed the connection without an answer"),
        (lambda it: it.reset(), 502, "closed the connection without an answer"),
        (nonsense, 502, "the answer is not HTTP (BadStatusLine)"),
        (
            lambda it: it.answer(200 if ":" in it.headers["Host"] else 400, X_Words="w" * 20_000),
            502,
            "answered 200, but in a way that HAProxy refuses as invalid HTTP",
        ),
        (hang, None, "hangs, no answer within 0.5 s"),
    ],
    ids=[
        "200",
        "500",
        "404",
        "302",
        "503",
        "closes",
        "resets",
        "not HTTP",
        "headers beyond HAProxy's buffer",
        "hangs",
    ],
)
def test_the_service_is_named_and_not_haproxys_code(
    tmp_path: Path, do: Behave, status: int | None, problem: str
) -> None:
    """Each problem is reported for the service, not as HAProxy's status code."""
    with behaving(do) as port:
        assert ask(tmp_path, port, 0.5 if do is hang else 3) == (status, problem)


def checks_its_host(handler: ServiceHandler) -> None:
    """Answer as Django does with ALLOWED_HOSTS = ["shop.example.com", "localhost"]."""
    allowed = handler.headers["Host"] in ("shop.example.com", "localhost")
    handler.answer(200 if allowed else 400, b"DisallowedHost", Content_Type="text/plain")


def test_a_service_that_refuses_the_load_balancers_host_is_not_healthy(tmp_path: Path) -> None:
    with behaving(checks_its_host) as port:
        status, problem = ask(tmp_path, port)
    assert status == 400
    assert re.fullmatch(
        r"answered 400: DisallowedHost \(the load balancer sends the header Host [0-9.]+:[0-9]+: "
        r"allow it, or HealthCheck\(host=...\)\)",
        problem,
    )


def knows_load_balancers(handler: ServiceHandler) -> None:
    """Answer as services do that exempt health checks from a redirect to HTTPS or a host check."""
    exempt = handler.headers["User-Agent"] == "ELB-HealthChecker/2.0"
    handler.answer(200 if exempt else 301, Location="https://shop.example.com/")


def test_a_service_that_exempts_the_load_balancers_agent_is_healthy(tmp_path: Path) -> None:
    """For porterd, and for a hot apply, which asks without HAProxy."""
    with behaving(knows_load_balancers) as port:
        assert ask(tmp_path, port) == (200, "")
        assert problem_of(port, CHECK) == ""


@pytest.mark.argument("HealthCheck(host=...)", "the service gets this Host in health checks alone")
def test_haproxy_sets_the_host_of_health_checks(tmp_path: Path) -> None:
    shop = HealthCheck("/health?a=1", host="shop.example.com")
    with behaving(checks_its_host) as port:
        assert ask(tmp_path, port, health_check=shop) == (200, "")
        with proxy(tmp_path, port, shop) as front:
            asked = {path: get(front, path) for path in ("/health?a=1", "/health", "/")}
    assert asked == {"/health?a=1": 200, "/health": 400, "/": 400}


def test_a_service_that_refuses_the_host_of_its_check_is_told_which(tmp_path: Path) -> None:
    other = HealthCheck(host="other.example.com")
    with behaving(checks_its_host) as port:
        problem = "answered 400: DisallowedHost (the header Host was other.example.com)"
        assert ask(tmp_path, port, health_check=other) == (400, problem)


@pytest.mark.argument("HealthCheck(codes=...)", "these answers count as success")
@pytest.mark.parametrize(
    ("codes", "problem"), [("200-299", ""), ("200,204", ""), ("200,201", "answered 204; only ")]
)
def test_other_codes_count(tmp_path: Path, codes: str, problem: str) -> None:
    with behaving(lambda it: it.answer(204)) as port:
        status, said = ask(tmp_path, port, health_check=HealthCheck(codes=codes))
    assert (status, said) == (204, problem and f"{problem}{codes} counts")
    assert ("GET /health" in (tmp_path / "log").read_text()) is bool(problem)


def test_nobody_listens_on_the_declared_port(tmp_path: Path) -> None:
    """The most frequent mistake; the error names its most frequent cure."""
    port = free_port()
    problem = f"nothing listens on 127.0.0.1:{port} (does web listen on $PORT?)"
    assert ask(tmp_path, port) == (503, problem)


@pytest.mark.parametrize("address", ["127.0.0.2", "::1"])
def test_it_listens_where_haproxy_does_not_look(tmp_path: Path, address: str) -> None:
    """The kernel reports the address on which the service listens."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as listener:
        port = listener.getsockname()[1]
        place = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        problem = f"web listens on {place}, but not on 127.0.0.1:{port}"
        assert ask(tmp_path, port) == (503, problem)


def test_a_service_too_busy_to_accept(tmp_path: Path) -> None:
    """The service's queue is full: HAProxy gives up after two seconds, porterd after one."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            problem = f"web listens on 127.0.0.1:{port}, but accepts no connection"
            assert ask(tmp_path, port, timeout=5) == (503, problem)
