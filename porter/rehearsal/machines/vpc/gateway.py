"""HAProxy as the network's gateway to the embedded AWS and to package mirrors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from porter.rehearsal.local.haproxy import find_haproxy
from porter.rehearsal.machines.vpc.interface import GATEWAY
from porter.rehearsal.machines.vpc.namespace import connect
from porter.rehearsal.machines.vpc.program import Program

_HTTPS = 443
_START_SECONDS = 30.0
"""HAProxy resolves the mirrors first, which is slow without a network."""

# Two stages: TLS to a mirror is passed on undecrypted, which the first stage decides. Their socket
# is a relative path, because sun_path holds 108 bytes. Queries are not logged: they may hold
# signatures.
_CONFIGURATION = """\
global
    maxconn 1000
    nbthread 1
    log stdout format raw local0 info
    ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
    mode http
    timeout connect 5s
    timeout client 120s
    timeout server 120s
    timeout http-request 10s

frontend http
    bind {gateway}:80 namespace {namespace}
{logged}
    http-request set-header X-Forwarded-Proto http
    use_backend aws if {{ req.hdr(host),field(1,:) -i -m end .amazonaws.com }}
{http_mirrors}
frontend https
    mode tcp
    bind {gateway}:{https} namespace {namespace}
    tcp-request inspect-delay 5s
    tcp-request content accept if {{ req.ssl_hello_type 1 }}
    tcp-request content reject
    use_backend decrypted if {{ req.ssl_sni -i -m end .amazonaws.com }}
{https_mirrors}
backend decrypted
    mode tcp
    server here unix@{socket} send-proxy-v2

frontend aws
    bind unix@{socket} mode 600 accept-proxy ssl crt {certificate} alpn http/1.1
{logged}
    http-request set-header X-Forwarded-Proto https
    default_backend aws

backend aws
    server embedded 127.0.0.1:{port}
"""
_LOGGED = """\
    log global
    log-format "%Ts.%ms %ci %HM %[capture.req.hdr(0)]%HPO %ST %B %Ta ms"
    capture request header Host len 255"""
_HTTP_MIRROR = "    use_backend http-{name} if {{ req.hdr(host),field(1,:) -i {name} }}\n"
_HTTPS_MIRROR = "    use_backend https-{name} if {{ req.ssl_sni -i {name} }}\n"
_MIRROR = """
backend http-{name}
    server mirror {name}:80 init-addr libc,none

backend https-{name}
    mode tcp
    server mirror {name}:443 init-addr libc,none
"""


class Gateway:
    """Listens in a namespace and connects from outside it; logs requests to `haproxy.log`.

    `server` is the certificate and key for AWS's names, PEM.
    """

    def __init__(self, folder: Path, mirrors: Sequence[str], server: Path) -> None:
        self._folder = folder
        self._mirrors = mirrors
        self._server = server
        self._program = Program("haproxy", folder)

    def start(self, namespace: str, endpoint: str) -> None:
        """Start it for the AWS at `endpoint` (`http://localhost:PORT`). Raises `PorterError`."""
        file = self._folder / "haproxy.cfg"
        file.write_text(self._configuration(namespace, endpoint), "utf-8")
        self._program.start(
            str(find_haproxy()),
            "-db",
            "-f",
            str(file),
            ready=lambda: _listening(namespace),
            seconds=_START_SECONDS,
        )

    def stop(self) -> None:
        """Stop it. May be called again."""
        self._program.stop()

    def _configuration(self, namespace: str, endpoint: str) -> str:
        def each(text: str) -> str:
            return "".join(text.format(name=name) for name in self._mirrors)

        return _CONFIGURATION.format(
            gateway=GATEWAY,
            logged=_LOGGED,
            namespace=namespace,
            https=_HTTPS,
            socket="aws.sock",
            certificate=self._server.name,
            port=urlsplit(endpoint).port,
            http_mirrors=each(_HTTP_MIRROR),
            https_mirrors=each(_HTTPS_MIRROR),
        ) + each(_MIRROR)


def _listening(namespace: str) -> bool:
    try:
        connect(namespace, (GATEWAY, _HTTPS), 1).close()
    except OSError:
        return False
    return True
