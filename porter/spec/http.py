"""How HAProxy handles HTTP: what it refuses, compresses, waits for and logs."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from porter.spec.check import check_bool, check_integer, check_one_line, check_seconds, refuse

LONGEST_SECONDS = 86_400
"""A day: the longest time-out."""

MAX_BODY_BYTES = 1 << 40
"""A tebibyte: the largest limit of a body."""

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A field name (RFC 9110, 5.1)."""

_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
"""A media type without parameters (RFC 6838, 4.2)."""

_SECRET_HEADERS = ("authorization", "cookie", "proxy-authorization", "set-cookie")
"""Headers that hold secrets, which a log must not contain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """HAProxy's time-outs, in seconds, 1-86400, by the names of its configuration manual.

    connect: to connect to the program.
    http_request: for the whole head of a request.
    client: of silence on the client's side.
    keep_alive: of an idle connection. It must be above 60, the load balancer's own.
    server: of silence on the program's side.
    tunnel: of silence in a WebSocket.
    """

    connect: float = 2.0
    http_request: float = 10.0
    client: float = 75.0
    keep_alive: float = 75.0
    server: float = 75.0
    tunnel: float = 3600.0

    def __post_init__(self) -> None:
        for name in ("connect", "http_request", "client", "keep_alive", "server", "tunnel"):
            check_seconds(name, getattr(self, name), 1, LONGEST_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """What HAProxy does with HTTP before the service sees it; by default, little.

    Sequences may be lists; they are kept as tuples.

    redirect_to_https: a request that a client made without TLS, as `X-Forwarded-Proto` tells, is
        answered 308, to the same place with https.
    http2: whether clients of HAProxy may speak HTTP/2.
    deny_sources: clients by address (`203.0.113.0/24`, `2001:db8::/32`) that are answered 403. The
        address is the last one in `X-Forwarded-For`, which the load balancer writes.
    deny_paths: paths (`/admin`) that are answered 403, with everything below them.
    compression: media types (`text/html`) to compress with gzip for clients that accept it.
    timeouts: see `Timeouts`.
    capture_request_headers, capture_response_headers: header names whose values, 128 characters
        of each, HAProxy logs.
    max_body_bytes: a larger request is answered 413, and one that does not tell its length 411.
    """

    redirect_to_https: bool = False
    http2: bool = True
    deny_sources: Sequence[str] = ()
    deny_paths: Sequence[str] = ()
    compression: Sequence[str] = ()
    timeouts: Timeouts = field(default_factory=Timeouts)
    capture_request_headers: Sequence[str] = ()
    capture_response_headers: Sequence[str] = ()
    max_body_bytes: int | None = None

    def __post_init__(self) -> None:
        for name in ("redirect_to_https", "http2"):
            check_bool(name, getattr(self, name))
        for name, check in _LISTS.items():
            items = getattr(self, name)
            if isinstance(items, str) or not isinstance(items, list | tuple):
                raise refuse(name, f"must be a list, got {items!r}")
            object.__setattr__(self, name, tuple(items))
            for index, item in enumerate(items):
                check(f"{name}/{index}", item)
        if not isinstance(self.timeouts, Timeouts):
            raise refuse("timeouts", f"must be Timeouts(...), got {self.timeouts!r}")
        if self.max_body_bytes is not None:
            check_integer("max_body_bytes", self.max_body_bytes, 0, MAX_BODY_BYTES)

    def denies(self, path: str) -> bool:
        """Whether `path` is among the denied paths."""
        plain, denied = laxest(path.partition("?")[0]), map(laxest, self.deny_paths)
        return any(plain == one or plain.startswith((f"{one}/", f"{one}.")) for one in denied)


def laxest(path: str) -> str:
    """Return the ASCII `path` as the laxest service reads it: see `docs/how-to/tune-haproxy.md`."""
    plain = re.sub(r";[^/]*", "", re.sub(r"[\s+]", "", path.lower()))
    return re.sub("/+", "/", plain)


def _check_network(field_name: str, value: object) -> None:
    check_one_line(field_name, value)
    try:
        ipaddress.ip_network(str(value))
    except ValueError as error:
        cure = "write a network in CIDR form, such as 203.0.113.0/24"
        raise refuse(field_name, str(error), cure=cure) from None


def _check_path(field_name: str, value: object) -> None:
    check_one_line(field_name, value)
    path = str(value)
    plain = path.startswith("/") and path.isascii() and not set(path) & set("?#% ")
    if not plain or path.endswith("/") or "//" in path or {".", ".."} & set(path.split("/")):
        raise refuse(
            field_name,
            f"must be a plain path, got {path!r}",
            cure="write /admin, which denies every path below it too",
        )


def _check_media_type(field_name: str, value: object) -> None:
    check_one_line(field_name, value)
    if not _MEDIA_TYPE.fullmatch(str(value)):
        raise refuse(field_name, f"must be a media type such as text/html, got {value!r}")


def _check_header(field_name: str, value: object) -> None:
    check_one_line(field_name, value)
    if not _TOKEN.fullmatch(str(value)):
        raise refuse(field_name, f"must be a header's name, got {value!r}")
    if str(value).lower() in _SECRET_HEADERS:
        raise refuse(field_name, f"{value} holds secrets: it is never logged", cure="remove it")


_LISTS = {
    "deny_sources": _check_network,
    "deny_paths": _check_path,
    "compression": _check_media_type,
    "capture_request_headers": _check_header,
    "capture_response_headers": _check_header,
}
