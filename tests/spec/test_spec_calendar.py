"""Synthesis refuses the schedules that systemd would refuse on the host."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from porter.spec import SpecError
from porter.spec.calendar import check_schedule, check_time_zone
from tests.spec.schedules import REFUSED, TAKEN

ANALYZE = shutil.which("systemd-analyze")


@pytest.mark.parametrize("schedule", TAKEN)
def test_a_schedule_that_systemd_takes_is_accepted(schedule: str) -> None:
    check_schedule("schedule", schedule)


@pytest.mark.parametrize(("schedule", "problem"), REFUSED.items())
def test_a_schedule_that_systemd_refuses_is_an_error(schedule: str, problem: str) -> None:
    error = refusal(schedule)
    assert error.where == "schedule"
    assert problem in str(error)
    assert error.cure


@pytest.mark.skipif(ANALYZE is None, reason="this machine has no systemd-analyze")
def test_the_tables_are_what_systemd_says() -> None:
    assert [one for one in TAKEN if not known(one)] == []
    assert [one for one in REFUSED if known(one)] == []


@pytest.mark.parametrize("schedule", ["10:00 Europe/Berlin", "Mon UTC", "Asia/Tokyo"])
def test_a_time_zone_in_the_schedule_is_sent_to_its_own_argument(schedule: str) -> None:
    error = refusal(schedule)
    assert str(error).startswith(f"schedule: must not contain a time zone, got {schedule!r}")
    assert error.cure == "use time_zone="


@pytest.mark.parametrize("schedule", ["", 8, None, "daily\n", "daily\tx"])
def test_a_schedule_is_one_line_of_text(schedule: object) -> None:
    assert "must " in str(refusal(schedule))


def test_a_time_zone_is_one_of_the_tz_database() -> None:
    for zone in ("UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"):
        check_time_zone("time_zone", zone)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "CET+1:00", "berlin"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(SpecError) as refused:
        check_time_zone("time_zone", zone)
    assert str(refused.value).startswith(f"time_zone: must be a time zone, got {zone!r}")
    assert refused.value.cure == 'write "Europe/Berlin"'


@pytest.mark.skipif(find_spec("tzdata") is not None, reason="the package tzdata is a tz database")
def test_without_a_tz_database_the_form_of_a_time_zone_is_checked() -> None:
    """Minimal images have none; the host checks the name then."""
    check = "import sys, porter.spec.calendar as it; it.check_time_zone('z', sys.argv[1])"
    for zone, status in (("Europe/Berlin", 0), ("UTC", 0), ("Europe Berlin", 1), ("/etc", 1)):
        environment = {**os.environ, "PYTHONTZPATH": ""}
        argv = [sys.executable, "-c", check, zone]
        done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr


@pytest.mark.parametrize(("zone", "problem"), [("", "a non-empty string"), (1, "a non-empty str")])
def test_a_time_zone_is_text(zone: object, problem: str) -> None:
    with pytest.raises(SpecError, match=f"time_zone: must be {problem}"):
        check_time_zone("time_zone", zone)


def refusal(schedule: object) -> SpecError:
    with pytest.raises(SpecError) as refused:
        check_schedule("schedule", schedule)
    return refused.value


def known(schedule: str) -> bool:
    argv = [str(ANALYZE), "calendar", "--", schedule]
    return subprocess.run(argv, capture_output=True, timeout=20, check=False).returncode == 0
