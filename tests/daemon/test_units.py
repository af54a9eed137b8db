"""What porterd learns from systemd and the journal about the units that a service needs."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from porter.daemon import systemd
from porter.daemon.systemd import UnitState
from porter.daemon.units import LOOK_SECONDS, Units
from porter.daemon.workers import STEADY_SECONDS
from porter.spec import HAPROXY_UNIT, Check, ProcessWorkload
from tests.daemon.fake_systemd import EXITED, KILLED, FakeSystemd, ended
from tests.harness.slowness import slowness
from tests.host.fake_host import WEB, host_spec

SERVICE, MAIL, MAIL_CHECK = (f"porter-{name}.service" for name in ("web", "mail", "mail_check"))


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSystemd]:
    """A systemd in which everything runs."""
    there = FakeSystemd(tmp_path)
    monkeypatch.setenv("PATH", f"{there.programs}:{os.environ['PATH']}")
    for unit in (SERVICE, MAIL, MAIL_CHECK, HAPROXY_UNIT):
        there.says(unit)
    yield there
    assert there.refused == []


def units(check: Check | None = None) -> Units:
    """Return the units of a service with a worker, after the first look."""
    mail = ProcessWorkload(name="mail", command=("true",), check=check)
    found = Units(host_spec(workloads=(WEB, mail)))
    assert not found.look()
    return found


def looked(found: Units) -> bool:
    """Look again, as soon as porterd does."""
    time.sleep(LOOK_SECONDS)
    return found.look()


def ends(found: Units, there: FakeSystemd, unit: str, *, times: int = 3, code: int = 3) -> None:
    """End `unit` a few times."""
    for restarts in range(times):
        there.says(unit, **ended(EXITED, code, restarts))
        assert looked(found)


def test_a_unit_is_as_systemctl_shows_it(there: FakeSystemd) -> None:
    there.says(SERVICE, **ended(KILLED, 9, 4))
    there.says(MAIL, UID=61_234, ExecMainStartTimestampMonotonic=2_500_000)
    there.says("odd.service", NRestarts="[not set]")
    unknown = "porter-other.service"
    assert systemd.ask([SERVICE, MAIL, "odd.service", unknown]) == {
        SERVICE: UnitState(
            active="activating",
            sub="auto-restart",
            result="signal",
            code=2,
            status=9,
            restarts=4,
            user=systemd.NOT_RUNNING,
        ),
        MAIL: UnitState(active="active", sub="running", user=61_234, started_at=2.5),
        unknown: UnitState(user=systemd.NOT_RUNNING),
    }


@pytest.mark.parametrize("script", ["exec sleep 30", "exit 1"])
def test_a_systemd_that_does_not_answer_says_nothing(there: FakeSystemd, script: str) -> None:
    for name in ("systemctl", "journalctl"):
        (there.programs / name).write_text(f"#!/bin/sh\n{script}\n")
    began = time.monotonic()
    assert systemd.ask([SERVICE]) == {}
    assert systemd.last_lines(SERVICE) == []
    assert time.monotonic() - began < 20 + 5 * slowness()


def test_without_systemd_nothing_is_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert systemd.ask([SERVICE]) == {}
    assert systemd.last_lines(SERVICE) == []


def test_the_last_lines_are_sixty_of_the_unit_whatever_their_encoding(there: FakeSystemd) -> None:
    there.wrote("".join(f"line {number}\n" for number in range(70)), SERVICE)
    assert systemd.last_lines(SERVICE) == [f"line {number}" for number in range(10, 70)]
    (there.programs.parent / "journal" / SERVICE).write_bytes(b"na\xefve\n")
    assert systemd.last_lines(SERVICE) == ["na\ufffdve"]


def test_systemd_is_asked_for_every_unit_twice_a_second_at_most(there: FakeSystemd) -> None:
    found = units(Check(command=("./ok",)))
    assert not found.look()
    [call] = there.calls
    assert call == f"{SERVICE} {MAIL} {HAPROXY_UNIT} {MAIL_CHECK}"
    assert not looked(found)
    assert len(there.calls) == 2


def test_on_a_host_without_units_systemd_is_not_asked(there: FakeSystemd) -> None:
    found = Units(host_spec(workloads=(), health_check=None, proxy=None))
    assert not found.look()
    assert (there.calls, found.troubles(), found.hopeless) == ([], {}, None)
    assert found.last_words().text == ""
    assert found.last_words(of_workers=True).text == ""


def test_an_end_is_noticed_once_and_the_third_leaves_no_hope(there: FakeSystemd) -> None:
    found = units()
    ends(found, there, SERVICE, times=2)
    assert not looked(found)
    assert found.hopeless is None
    there.says(SERVICE, **ended(EXITED, 3, 2))
    assert looked(found)
    assert str(found.hopeless) == "web exited with code 3 (3 times)"


def test_a_container_that_docker_starts_again_has_ended(there: FakeSystemd) -> None:
    found = units()
    there.says(MAIL, ActiveState="reloading", SubState="reload")
    assert looked(found)
    there.says(MAIL)
    there.says(MAIL_CHECK, ActiveState="reloading")
    assert not looked(found)


def test_a_worker_is_well_when_it_has_stayed_up(there: FakeSystemd) -> None:
    found = units()
    assert found.troubles() == {"mail": "mail has been up for less than 3 s"}
    time.sleep(STEADY_SECONDS)
    assert found.troubles() == {"mail": ""}
    there.says(MAIL, **ended(EXITED, 1))
    assert looked(found)
    assert found.troubles() == {"mail": "mail is not up"}


def test_a_worker_with_a_check_is_well_when_it_passes(there: FakeSystemd) -> None:
    found = units(Check(command=("./ok",), healthy_threshold=1))
    there.says(MAIL_CHECK, **ended(EXITED, 7))
    assert not looked(found)
    assert found.troubles() == {"mail": "mail: its check exited with code 7"}
    there.says(MAIL_CHECK, **ended(EXITED, 0, 1))
    assert not looked(found)
    assert found.troubles() == {"mail": ""}


def test_the_unit_that_failed_has_the_last_word(there: FakeSystemd) -> None:
    found = units()
    there.wrote("web's\n", SERVICE)
    there.wrote("again\nmail's\nagain\n", MAIL)
    there.wrote("[NOTICE] x\n[ALERT] 1\n[ALERT] 2\n[NOTICE] x\n[ALERT] 3\n", HAPROXY_UNIT)
    assert found.last_words().text == "Last lines of web:\nweb's", "nothing has ended"
    assert found.last_words(of_workers=True).text == "Last lines of mail:\nmail's\nagain"
    ends(found, there, MAIL, times=1)
    restless = "mail exited with code 3 (once). Last lines of mail:\nmail's\nagain"
    assert found.last_words() == found.last_words(of_workers=True) == (restless, "mail")
    ends(found, there, HAPROXY_UNIT, times=3, code=1)
    assert found.last_words().text == "Last lines of HAProxy:\n[ALERT] 2\n[ALERT] 3"
    there.wrote("killed\n", HAPROXY_UNIT)
    assert found.last_words().text == "Last lines of HAProxy:\nkilled"


def test_the_unit_that_will_not_stay_up_is_blamed_before_one_that_ended_more_often(
    there: FakeSystemd,
) -> None:
    found = units()
    ends(found, there, SERVICE, times=2)
    there.wrote("mail's\n", MAIL)
    there.says(MAIL, ActiveState="failed", SubState="failed")
    looked(found)
    looked(found)
    assert found.last_words().text == "Last lines of mail:\nmail's"


def test_of_two_workers_the_one_that_is_not_well_has_the_last_word(there: FakeSystemd) -> None:
    sms = "porter-sms.service"
    well, ill = (
        ProcessWorkload(name=name, command=("true",), check=Check(command=("./ok",)))
        for name in ("mail", "sms")
    )
    there.says(sms)
    there.says(MAIL_CHECK, **ended(EXITED, 0, 9))
    there.says("porter-sms_check.service", **ended(EXITED, 7))
    there.wrote("mail's\n", MAIL_CHECK)
    there.wrote("sms's\n", "porter-sms_check.service")
    found = Units(host_spec(workloads=(WEB, well, ill)))
    for runs in range(10, 14):
        there.says(MAIL_CHECK, **ended(EXITED, 0, runs))
        looked(found)
    assert found.troubles()["mail"] == ""
    assert found.last_words(of_workers=True).text == "Last lines of sms's check:\nsms's"


def test_the_age_of_the_program_is_known_once_its_first_checks_are_made(
    there: FakeSystemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Porterd may start long after the program."""
    monkeypatch.setattr("porter.daemon.units.GRACE_SECONDS", 1.0)
    there.says(SERVICE, ExecMainStartTimestampMonotonic=round((time.monotonic() - 60) * 1e6))
    found = Units(host_spec())
    nothing = Units(host_spec(workloads=(), health_check=None, proxy=None))
    found.look()
    assert found.seconds_since_start == 0
    time.sleep(1)
    assert 61 <= found.seconds_since_start < 120
    assert nothing.seconds_since_start == 0


def test_a_unit_that_wrote_nothing_leaves_the_number_of_its_exits(there: FakeSystemd) -> None:
    found = units(Check(command=("./ok",)))
    assert found.last_words().text == ""
    assert found.last_words(of_workers=True).text == ""
    there.wrote("refused\n", MAIL_CHECK)
    assert found.last_words(of_workers=True).text == "Last lines of mail's check:\nrefused"
    ends(found, there, SERVICE, times=2)
    assert found.last_words().text == "web exited with code 3 (2 times). "


def test_a_users_unit_is_looked_for_until_it_is_found(there: FakeSystemd) -> None:
    """A systemd that is busy, or a unit that is not up yet, is no answer for ever."""
    user = 61_235
    assert systemd.unit_of(user) == ""
    there.says("porter-thief.service", UID=user)
    assert systemd.unit_of(user) == "porter-thief.service"
    calls = len(there.calls)
    assert systemd.unit_of(user) == "porter-thief.service"
    assert len(there.calls) == calls
