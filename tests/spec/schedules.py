"""Calendar expressions, and whether systemd accepts them (systemd.time(7), Calendar Events)."""

from __future__ import annotations

TAKEN = (
    *("minutely", "hourly", "daily", "weekly", "monthly", "quarterly", "semiannually"),
    *("yearly", "annually", "Daily", "HOURLY"),
    *("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "sAturday", "Monday..friday 8:0"),
    *("Mon..Tue", "Tue..Wed", "Wed..Thu", "Thu..Fri", "Fri..Sat", "Sat..Sun", "Mon..Mon"),
    *("Mon..Fri 08:30", "Mon,Tue *-*-1..7 08:30", "Mon..Wed,Sun 1,2:3", "Wed..Sun,Tue"),
    *("10:00", "3:00", "0:0", "23:59:59", "*:*:*", "*:*:0", "8,9:00", "8:00,30", "*:58/1"),
    *("*:0/15", "*:*:0/10", "1..5/2:0/5", "*:1..2/15", "*:0..59/70", "*:0/59", "0/23:00"),
    *("*-*-*", "12-24", "1-1", "12-31", "2026-1-1", "1970-01-01", "2199-12-31", "*-*-7 10:00"),
    *("*-*~1", "*-2~03", "*-*~7/1", "*~28", "*~28/27", "*-*-1/30", "*-1/11-1", "1970/229-*-*"),
    *("Mon 2026-*-* 8:0", "*-*-* *:*:*", "2026..2028-*-*"),
)
"""systemd and porter accept these."""

REFUSED = {
    **dict.fromkeys(("24:00", "0/24:00", "23/1:00"), "the hour must be 0-23, got '"),
    **dict.fromkeys(("*:60", "*:1..60", "*:0/60", "*:5/59"), "the minute must be 0-59, got '"),
    **dict.fromkeys(("*:*:60", "*:*:59/1"), "the second must be 0-59, got '"),
    **dict.fromkeys(("1969-1-1", "2200-1-1", "1970/230-1-1"), "the year must be 1970-2199, got '"),
    **dict.fromkeys(("*-13-1", "*-0-*", "0-1", "*-1/12-1"), "the month must be 1-12, got '"),
    **dict.fromkeys(("*-*-32", "*-*-0", "*-*-1/31"), "the day must be 1-31, got '"),
    **dict.fromkeys(
        ("*~29", "*~0", "*~1/1", "*~1..29"), "the day from the end must be 1-28, got '"
    ),
    **dict.fromkeys(("*:5..1", "*:8,5..1"), "the minute must not run backwards, got '5..1'"),
    **dict.fromkeys(("*:*/15", "*:0/0", "*:x"), "' is not a valid minute"),
    **dict.fromkeys(("Sat..Mon 10:00", "Mon,Sun..Mon"), "must not go past Sunday, got 's"),
    **dict.fromkeys(("Tue..Mon", "Wed..Tue", "Thu..Wed"), "must not go past Sunday, got '"),
    **dict.fromkeys(("Fri..Thu", "Sat..Fri", "Sun..Sat"), "must not go past Sunday, got '"),
    **dict.fromkeys(("*/2:00 UTC x", "~1", "Mon 10", "*-*-* *"), "must be a calendar expression"),
    **dict.fromkeys(("noon", "0 3 * * *", "@daily"), "must be a calendar expression, got '"),
    **dict.fromkeys(("8:30 8:30", "1-1 2-2"), "must be a calendar expression, got '"),
}
"""Systemd accepts none of these; the text is part of porter's error."""
