"""Ask the rehearsed services, through HAProxy, as a load balancer would."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass

ANSWER_SECONDS = 5.0
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What `GET url` was answered with; `None` if it was not."""

    url: str
    status: int | None

    @property
    def problem(self) -> str:
        """Why this is no service; empty if it is one: what `/` is, is the app's own affair."""
        if self.status is None:
            return f"GET {self.url} was not answered"
        return f"GET {self.url} was answered {self.status}" if self.status >= SERVER_ERROR else ""


def ask(urls: Iterable[str]) -> Answer | None:
    """The first bad answer, else the first one; `None` without a URL."""
    answers = [Answer(url=url, status=_status(url)) for url in urls]
    return next(iter([*(answer for answer in answers if answer.problem), *answers]), None)


def _status(url: str) -> int | None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=ANSWER_SECONDS) as response:
            status: int = response.status
            return status
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code
    except OSError:
        return None
