"""The page of `--html`, looked at in Chromium: on a desktop and a phone, light and dark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from porter.rehearsal.story.report import Report
from porter.rehearsal.story.report_html import as_html
from tests.harness.chromium import (
    DESKTOP,
    PHONE,
    Tab,
    fits_and_can_be_read,
    needs_chromium,
)
from tests.rehearsal.reports import DONE, FAILED, UPDATED

pytestmark = [needs_chromium, pytest.mark.machines]

LONG = replace(FAILED, reason="a-reason-without-a-space-" * 20, evidence={"web": ["x" * 400]})
BARS = """
[...document.querySelectorAll("svg rect")].map(bar => {
  const {left, right, width} = bar.getBoundingClientRect();
  return width > 0 && left >= 0 && right <= innerWidth;
})
"""


@pytest.mark.parametrize("report", [DONE, LONG, UPDATED], ids=["done", "failed", "updated"])
def test_the_page_fits_and_can_be_read(chromium: Tab, tmp_path: Path, report: Report) -> None:
    page = tmp_path / "report.html"
    page.write_text(as_html(report), "utf-8")
    for width in (DESKTOP, PHONE):
        for scheme in ("light", "dark"):
            chromium.visit(page.as_uri(), width, scheme)
            fits_and_can_be_read(chromium, width, scheme)
            assert chromium.value(BARS) == [True] * len(report.spans)
