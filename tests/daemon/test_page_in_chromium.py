"""The page of a host, looked at in Chromium: on a desktop and a phone, light and dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.daemon.loopback import Imds, Service, WaitHandle, running
from tests.daemon.porterd_process import PorterdProcess
from tests.harness.chromium import (
    DESKTOP,
    PHONE,
    Tab,
    fits_and_can_be_read,
    needs_chromium,
)

pytestmark = [needs_chromium, pytest.mark.machines]

LONG = "a-reason-without-a-space-" * 20


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


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_can_be_read(
    chromium: Tab, failing: str, width: int, scheme: str
) -> None:
    chromium.visit(failing, width, scheme)
    assert chromium.value("document.title") == "Failed: hello"
    fits_and_can_be_read(chromium, width, scheme)


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
