"""Send one request to each rehearsed service, as a load balancer would."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass

from porter.rehearsal.fleet import loopback
from porter.rehearsal.fleet.host import Host

ANSWER_SECONDS = 5.0
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to `GET url`; `status` is `None` if there was none."""

    url: str
    status: int | None

    @property
    def problem(self) -> str:
        """Why the service does not work, else empty; a status below 500 is the app's choice."""
        if self.status is None:
            return f"GET {self.url}: no answer"
        return f"GET {self.url}: answered {self.status}" if self.status >= SERVER_ERROR else ""


def ask(urls: Sequence[str], hosts: Sequence[Host]) -> Answer | None:
    """Return the first bad answer, else the first answer; `None` without load balancer and host.

    `urls` are load balancers; without any, the `hosts` get the requests themselves.
    """
    answers = [_balancer(url) for url in urls] or [
        _host(host, host.url) for host in hosts if host.url
    ]
    return next(iter([*(answer for answer in answers if answer.problem), *answers]), None)


def _host(host: Host, url: str) -> Answer:
    proxy = host.spec.proxy
    tls = proxy is not None and proxy.tls is not None
    port = proxy.port if proxy else 0
    answer = loopback.get(host.machine, port, "/", ANSWER_SECONDS, tls=tls)
    return Answer(url=url, status=answer[0] if answer else None)


def _balancer(url: str) -> Answer:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=ANSWER_SECONDS) as response:
            return Answer(url=url, status=response.status)
    except urllib.error.HTTPError as answer:
        with answer:
            return Answer(url=url, status=answer.code)
    except OSError:
        return Answer(url=url, status=None)
