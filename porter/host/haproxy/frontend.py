"""Render the frontends of haproxy.cfg: where HAProxy listens, and its rules for requests."""

from __future__ import annotations

from pathlib import PurePath

from porter.host.core.unit_file import Lines
from porter.spec import HealthCheck, Http, Proxy
from porter.spec.http import laxest

_FIRST_PASSED = 3

CAPTURED = 128
"""Characters of a header's value that are logged."""

_LAXEST = (
    """var(txn.decoded),regsub("[[:space:]+]","",g),regsub(";[^/]*","",g),regsub("/+","/",g)"""
)
"""The converters of `laxest`."""

_ENDS = "/.?#:"
"""What may follow a denied path: a suffix (`/admin.json`), or what some services cut off."""

_MALFORMED = "%([^0-9a-f]|.[^0-9a-f]|.?$|[01]|7f|5c|c[01]|e0%[89]|f0%8|f[5-9a-f])"
"""In a path as sent: broken escapes, control characters, backslashes, bytes of no UTF-8."""

_TWOFOLD = r"%([0-9a-f][0-9a-f]|u[0-9a-f])|\\"
"""In a decoded path: an escape within an escape, and backslashes."""

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""TLS 1.2 ciphers with forward secrecy and authenticated encryption; TLS 1.3 has no others."""


def frontend(proxy: Proxy, check: HealthCheck, certificate: PurePath) -> Lines:
    """Return the lines of the frontend that the load balancer and porterd use."""
    http = proxy.http
    codes = " ".join(f"{low}:{high}" if low < high else str(low) for low, high in check.ranges)
    silent = f"{{ capture.req.uri -m str -- {quoted(check.path)} }} {{ status {codes} }}"
    unnamed = "unless { req.hdr(X-Request-ID) -m found }"
    return (
        *_bind(proxy.port, 0, _tls(proxy, certificate)),
        *(() if http.http2 else ("option disable-h2-upgrade",)),
        "unique-id-format %[uuid()]",
        f"http-request set-header X-Request-ID %[unique-id] {unnamed}",
        "http-request capture req.hdr(X-Request-ID) len 64",
        *(f"capture request header {one} len {CAPTURED}" for one in http.capture_request_headers),
        *(f"capture response header {one} len {CAPTURED}" for one in http.capture_response_headers),
        "# Health checks come every second: only those that fail are logged.",
        f"http-response set-log-level silent if {silent}",
        *_denied(http),
        *_health_host(check),
        *_redirected(http),
        *_bounded(http),
        *_compressed(http),
        f"default_backend {proxy.workload}",
    )


def _health_host(check: HealthCheck) -> Lines:
    """Set the header Host of health checks: a load balancer cannot."""
    if not check.host:
        return ()
    checked = f"{{ pathq -m str -- {quoted(check.path)} }}"
    return (f"http-request set-header Host {check.host} if {checked}",)


def redirect_frontend(proxy: Proxy) -> Lines:
    """Return the lines of the frontend that only redirects; none without a port for it."""
    if proxy.redirect_port is None:
        return ()
    redirect = "http-request redirect scheme https code 308"
    return (*_bind(proxy.redirect_port, 1), redirect)


def _bind(port: int, place: int, options: str = "") -> Lines:
    """Use the socket at `place` among those that systemd passes (sd_listen_fds(3)).

    HAProxy itself listens where none are passed: for `haproxy -c`, and on a played host.
    """
    return (
        ".if defined(LISTEN_FDS)",
        f"bind fd@{_FIRST_PASSED + place}{options}",
        ".else",
        f"bind :{port}{options}",
        ".endif",
    )


def quoted(text: str) -> str:
    """Return `text` in strong quotes (HAProxy's configuration manual, section 2.2)."""
    return "'" + text.replace("'", "'\\''") + "'"


def _tls(proxy: Proxy, certificate: PurePath) -> str:
    if proxy.tls is None:
        return ""
    versions = "h2,http/1.1" if proxy.http.http2 else "http/1.1"
    oldest = f"ssl-min-ver TLSv{proxy.tls.min_version} ciphers {_CIPHERS}"
    return f" ssl crt {quoted(str(certificate))} alpn {versions} {oldest}"


def _denied(http: Http) -> Lines:
    return (*_denied_sources(http), *_denied_paths(http))


def _denied_sources(http: Http) -> Lines:
    """Judge the last address, which the load balancer adds; clients can forge the earlier ones."""
    if not http.deny_sources:
        return ()
    denied = f"{{ req.hdr_ip(X-Forwarded-For,-1) -m ip {' '.join(http.deny_sources)} }}"
    return (
        "# The load balancer adds the last address; clients can forge the others.",
        f"http-request deny deny_status 403 if {denied}",
    )


def _denied_paths(http: Http) -> Lines:
    """Compare as the laxest service would; refuse what services read in different ways."""
    if not http.deny_paths:
        return ()
    paths = [laxest(path) for path in http.deny_paths]
    same = " ".join(quoted(path) for path in paths)
    below = " ".join(quoted(path + end) for path in paths for end in _ENDS)
    refuse, forbid = (f"http-request deny deny_status {status}" for status in (400, 403))
    return (
        "# As the laxest service would read it: any case, escapes undone, neither parameters nor",
        "# spaces, slashes merged.",
        "http-request set-var(txn.decoded) path,url_dec,lower",
        f"http-request set-var(txn.path) {quoted(_LAXEST)}",
        "# What no browser sends: broken or twofold escapes, control characters, backslashes.",
        f"{refuse} unless {{ path -m beg / }} {{ var(txn.path) -m found }}",
        f"{refuse} if {{ path -m reg -i {quoted(_MALFORMED)} }}",
        f"{refuse} if {{ var(txn.decoded) -m reg {quoted(_TWOFOLD)} }}",
        f"{refuse} if {{ var(txn.path) -m sub /./ /../ }}",
        f"{refuse} if {{ var(txn.path) -m end /. /.. }}",
        f"{forbid} if {{ var(txn.path) -m str -- {same} }}",
        f"{forbid} if {{ var(txn.path) -m beg -- {below} }}",
        "# Some services take what follows two slashes for a host.",
        f"{refuse} if {{ path -m beg // }}",
    )


def _redirected(http: Http) -> Lines:
    if not http.redirect_to_https:
        return ()
    plain = "{ req.hdr(X-Forwarded-Proto) -m str -i http }"
    return (f"http-request redirect scheme https code 308 if {plain}",)


def _bounded(http: Http) -> Lines:
    """Refuse a body that is too long, and one without a Content-Length to judge by."""
    if http.max_body_bytes is None:
        return ()
    length = "{ req.hdr(Content-Length) -m found }"
    larger = f"{{ req.hdr_val(Content-Length) gt {http.max_body_bytes} }}"
    refusal = "http-request return status 411 content-type text/plain string 'Length Required'"
    return (
        f"http-request deny deny_status 413 if {larger}",
        f"{refusal} if {{ req.hdr(Transfer-Encoding) -m found }}",
        "# HTTP/2 needs no Content-Length, so wait for the first byte of a body.",
        f"http-request wait-for-body time 5s at-least 1 if !{length}",
        f"{refusal} if !{length} {{ req.body_size gt 0 }}",
    )


def _compressed(http: Http) -> Lines:
    if not http.compression:
        return ()
    types = " ".join(http.compression)
    return ("filter compression", "compression algo gzip", f"compression type {types}")
