"""porterd on a host with workers."""

from __future__ import annotations

from typing import Any

from porter.spec import Check, HostSpec, Porterd, ProcessWorkload, Proxy, dumps
from tests.daemon.fake_systemd import EXITED, ended
from tests.daemon.porterd_process import QUICK, WORKLOAD, PorterdProcess

MAIL, CHECK = "porter-mail.service", "porter-mail_check.service"
FAILING, PASSING = ended(EXITED, 7), ended(EXITED, 0)


def start(
    porterd: PorterdProcess,
    check: Check | None,
    *,
    port: int | None,
    seconds: int = 60,
    more: str = "",
) -> None:
    """Start porterd for the workers `mail` and `more`, and for a service behind `port`, if given.

    Of `more`, systemd knows nothing.
    """
    mail = ProcessWorkload(name="mail", command=("true",), check=check)
    sms = (ProcessWorkload(name=more, command=("true",)),) if more else ()
    web: dict[str, Any] = {"workloads": (mail,)}
    if port:
        proxy = Proxy(workload=WORKLOAD.name, port=port)
        web = {"workloads": (WORKLOAD, mail, *sms), "health_check": QUICK, "proxy": proxy}
    spec = HostSpec(
        schema=1,
        service="hello",
        timeout_seconds=seconds,
        porterd=Porterd(port=porterd.port),
        **web,
    )
    (porterd.folders["credentials"] / "host.json").write_text(dumps(spec))
    porterd.systemd.says()
    porterd.systemd.says(MAIL)
    porterd.start()
