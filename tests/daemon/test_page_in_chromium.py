"""The page of a host, looked at in Chromium: on a desktop and a phone, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.daemon.loopback import Imds, Service, WaitHandle, running
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.chromium import Tab, needs_chromium, tab

pytestmark = [needs_chromium, pytest.mark.machines]

LONG = "a-reason-without-a-space-" * 20
DESKTOP, PHONE = 1280, 360

CONTRAST = """
[...document.querySelectorAll("h1, h2, p, td, th, pre, .name, .share, a")].map(one => {
  let behind = one;
  while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)")
    behind = behind.parentElement;
  return [getComputedStyle(one).color, getComputedStyle(behind).backgroundColor, one.textContent];
})
"""
CUT_OFF = """
[...document.querySelectorAll("main *")].filter(
  one => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll")
).map(one => one.outerHTML)
"""


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a porterd whose service fails, with a long reason and a hostile log."""
    service, handle, imds = Service(status=500), WaitHandle(), Imds()
    with running(service), running(handle), running(imds):
        root = tmp_path_factory.mktemp("porterd")
        porterd = PorterdProcess(root, handle_url=handle.url, imds_url=imds.url)
        porterd.systemd.wrote(f"<script>document.title = 'taken'</script> {LONG}\n")
        porterd.watch_over(service.port, timeout_seconds=1)
        try:
            porterd.start()
            porterd.until_signal("sent")
            yield f"http://127.0.0.1:{porterd.port}/"
        finally:
            porterd.sweep()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Tab]:
    """One Chromium for all tests."""
    with tab() as one:
        yield one


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_can_be_read(
    chromium: Tab, failing: str, width: int, scheme: str
) -> None:
    chromium.visit(failing, width, scheme)
    assert not chromium.complaints
    assert chromium.value("document.title") == "Failed: hello"
    assert chromium.value("document.documentElement.scrollWidth") <= width
    assert chromium.value(CUT_OFF) == []
    for colour, behind, text in chromium.value(CONTRAST):
        assert contrast(colour, behind) >= 4.5, f"WCAG 2.2, 1.4.3: {text!r} {colour} on {behind}"
    dark = luminance(chromium.value("getComputedStyle(document.body).backgroundColor")) < 0.1
    assert dark == (scheme == "dark")


def test_cards_are_beside_each_other_on_a_desktop_alone(chromium: Tab, failing: str) -> None:
    columns = "getComputedStyle(document.querySelector('main')).gridTemplateColumns.split(' ')"
    for width, count in ((DESKTOP, 2), (PHONE, 1)):
        chromium.visit(failing, width, "light")
        assert len(chromium.value(columns)) == count


def test_nothing_on_the_page_runs(chromium: Tab, failing: str) -> None:
    """Even a script that an escape missed would be refused by the policy."""
    chromium.visit(failing, DESKTOP, "light")
    assert "<script>document.title" in chromium.value("document.body.innerText")
    add = "(one => { one.textContent = 'document.title = 1'; document.body.append(one); })"
    chromium.value(f"{add}(document.createElement('script'))")
    assert chromium.value("document.title") == "Failed: hello"
    assert "Content Security Policy" in "".join(chromium.complaints)


def luminance(colour: str) -> float:
    """Return the relative luminance of `rgb(...)` (WCAG 2.2)."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (int(one) / 255 for one in re.findall(r"\d+", colour)[:3])
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
