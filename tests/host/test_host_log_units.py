"""The units whose log an agent sends."""

from __future__ import annotations

import pytest

from porter.host.agents.log_units import units_of
from porter.spec import (
    Containers,
    ContainerWorkload,
    HaproxyLog,
    Image,
    Journal,
    ProcessWorkload,
    Proxy,
    Slot,
)
from tests.host.fake_host import host_spec

BOTH = ("porter-web.service", "porter-web_b.service")


@pytest.mark.parametrize("slot", ["a", "b"])
def test_the_service_is_sent_from_whichever_slot_it_runs_in(slot: Slot) -> None:
    """The configuration names both slots, so a hot apply does not restart the agent."""
    spec = host_spec(proxy=Proxy(workload="web", slot=slot))
    assert units_of(Journal(("porter-web.service", "sshd.service")), spec) == (
        *BOTH,
        "sshd.service",
    )


def test_a_containers_lines_are_sent_from_whichever_slot_it_runs_in() -> None:
    image = Image(source="registry", reference=f"example.com/a@sha256:{'a' * 64}")
    web = ContainerWorkload(name="web", image=image, port=8000)
    spec = host_spec(workloads=(web, ContainerWorkload(name="cache", image=image)))
    assert units_of(Containers(), spec) == (*BOTH, "porter-cache.service")


def test_a_worker_has_one_slot() -> None:
    worker = ProcessWorkload(name="mail", command=("true",))
    spec = host_spec(workloads=(worker,), proxy=None, health_check=None)
    assert units_of(Journal(("porter-mail.service",)), spec) == ("porter-mail.service",)
    assert units_of(Journal(), spec) == ()
    assert units_of(HaproxyLog(), spec) == ("porter-haproxy.service",)
