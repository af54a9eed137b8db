"""Check when a job is due: a systemd calendar expression, and a time zone.

The grammar is that of systemd.time(7), "Calendar Events", without fractions of seconds and with the
time zone apart. porter checks it itself, because a developer's machine may lack systemd.
"""

from __future__ import annotations

import re
from functools import cache

from porter.spec.check import check_one_line, refuse

SHORTHANDS = (
    *("minutely", "hourly", "daily", "weekly", "monthly"),
    *("quarterly", "semiannually", "yearly", "annually"),
)
"""Expressions that have a name."""

_NAMES = "Mon(day)?|Tue(sday)?|Wed(nesday)?|Thu(rsday)?|Fri(day)?|Sat(urday)?|Sun(day)?"
_RANGE = rf"({_NAMES})(\.\.({_NAMES}))?"
_WEEKDAYS = re.compile(rf"{_RANGE}(,{_RANGE})*", re.IGNORECASE)
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DATE = re.compile(r"((?P<year>[^-~]+)-)?(?P<month>[^-~]+)(-(?P<day>[^-~]+)|~(?P<end>[^-~]+))")
_TIME = re.compile(r"(?P<hour>[^:]+):(?P<minute>[^:]+)(:(?P<second>[^:]+))?")
_ITEM = re.compile(r"\*|(?P<first>\d{1,4})(\.\.(?P<last>\d{1,4}))?(/(?P<step>[1-9]\d{0,3}))?")
_LIMITS = {
    "year": (1970, 2199),
    "month": (1, 12),
    "day": (1, 31),
    "end": (1, 28),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
}
"""Every value's lowest and highest; `end` is a day counted from the end of the month."""
_CURE = 'write "daily", "Mon..Fri 08:30" or "*:0/15" (systemd.time(7), Calendar Events)'
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")


def check_schedule(field: str, value: object) -> None:
    """Check for a calendar expression without a time zone, such as `Mon..Fri 08:30`."""
    check_one_line(field, value)
    text = str(value)
    if text.lower() in SHORTHANDS:
        return
    words = text.split(" ")
    if _WEEKDAYS.fullmatch(words[0]):
        _check_weekdays(field, words[0])
        words = words[1:]
    date = _DATE.fullmatch(words[0]) if words else None
    words = words[1:] if date else words
    time = _TIME.fullmatch(words[0]) if words else None
    words = words[1:] if time else words
    if words and _is_zone(words[-1]):
        raise refuse(field, f"must not contain a time zone, got {text!r}", cure="use time_zone=")
    if words:
        raise refuse(field, f"must be a calendar expression, got {text!r}", cure=_CURE)
    for match in (date, time):
        for part in _LIMITS.keys() & (match.groupdict() if match else {}).keys():
            if match and match[part] is not None:
                _check_part(field, part, match[part])


def check_time_zone(field: str, value: object) -> None:
    """Check for a name in the tz database, such as `Europe/Berlin`."""
    check_one_line(field, value)
    if not _is_zone(str(value)):
        raise refuse(field, f"must be a time zone, got {value!r}", cure='write "Europe/Berlin"')


def _check_weekdays(field: str, text: str) -> None:
    for days in text.lower().split(","):
        numbers = [_WEEK.index(day[:3]) for day in days.split("..")]
        if numbers != sorted(numbers):
            raise refuse(field, f"must not go past Sunday, got {days!r}", cure="write two ranges")


def _check_part(field: str, part: str, text: str) -> None:
    low, high = _LIMITS[part]
    name = "day from the end" if part == "end" else part
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if not match:
            raise refuse(field, f"{item!r} is not a valid {name}", cure=_CURE)
        numbers = [int(match[bound]) for bound in ("first", "last") if match[bound]]
        if numbers != sorted(numbers):
            raise refuse(field, f"the {name} must not run backwards, got {item!r}", cure=_CURE)
        if match["step"] and not match["last"]:  # systemd refuses a step that leads to no value
            numbers.append(numbers[0] + int(match["step"]) * (-1 if part == "end" else 1))
        if not all(low <= one <= high for one in numbers):
            raise refuse(field, f"the {name} must be {low}-{high}, got {item!r}", cure=_CURE)


def _is_zone(text: str) -> bool:
    """Without a tz database, check only the form."""
    known = _zones()
    return text in known if known else bool(_ZONE.fullmatch(text))


@cache
def _zones() -> frozenset[str]:
    import zoneinfo  # noqa: PLC0415 - a host without jobs needs none

    return frozenset(zoneinfo.available_timezones())
