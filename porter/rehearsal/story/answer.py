"""Send one request to each rehearsed service, as a load balancer would."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from functools import partial

from porter.rehearsal.fleet import loopback
from porter.rehearsal.fleet.host import Host
from porter.rehearsal.story.report import ReportedHost, Service

ANSWER_SECONDS = 5.0


def services(
    hosts: Sequence[Host], urls_of: Callable[[str], Sequence[str]], *, ask: bool
) -> list[Service]:
    """Return the services of `hosts`; with `ask`, each gets one request.

    `urls_of` returns the load balancers of an instance. A service without one is asked at its first
    running host. A service with several is at the first that does not work.
    """
    return [
        _service(name, [host for host in hosts if host.spec.service == name], urls_of, ask=ask)
        for name in dict.fromkeys(host.spec.service for host in hosts)
    ]


def _service(
    name: str, hosts: Sequence[Host], urls_of: Callable[[str], Sequence[str]], *, ask: bool
) -> Service:
    running = [host for host in hosts if not host.gone]
    reported = tuple(
        ReportedHost(
            instance_id=host.instance_id,
            url=host.url,
            ports=host.ports,
            running=not host.gone,
            unhealthy=host.unhealthy,
        )
        for host in hosts
    )
    balancers = list(dict.fromkeys(url for host in running for url in urls_of(host.instance_id)))
    direct = next((host for host in running if host.url), None)
    places: list[tuple[str | None, Callable[[], int | None]]]
    places = [(url, partial(status_of, url)) for url in balancers]
    if not places and direct is not None:
        places = [(direct.url, partial(_host, direct))]
    found = [
        Service(
            name=name,
            url=url,
            balanced=bool(balancers),
            asked=ask,
            status=status() if ask else None,
            hosts=reported,
        )
        for url, status in places
    ]
    nowhere = Service(name=name, url=None, balanced=False, asked=False, status=None, hosts=reported)
    return next((one for one in found if one.problem), next(iter(found), nowhere))


def _host(host: Host) -> int | None:
    proxy = host.spec.proxy
    tls = proxy is not None and proxy.tls is not None
    port = proxy.port if proxy else 0
    answer = loopback.get(host.machine, port, "/", ANSWER_SECONDS, tls=tls)
    return answer[0] if answer else None


def status_of(url: str) -> int | None:
    """Return the status of `GET url`, a redirect's own too; `None` without an answer."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())
    try:
        with direct.open(url, timeout=ANSWER_SECONDS) as response:
            status: int = response.status
            return status
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code
    except OSError:
        return None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: it may lead to the service's real domain, off this computer."""

    def redirect_request(self, *_: object) -> None:
        """Let urllib raise the answer as an `HTTPError`."""
