"""A headless Chromium, driven by the DevTools protocol over its pipe (--remote-debugging-pipe)."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PROGRAM = shutil.which("chromium")
SECONDS = 120

DESKTOP, PHONE = 1280, 360
"""Widths of windows, in pixels."""

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

needs_chromium = pytest.mark.skipif(
    PROGRAM is None, reason="looks at a page: this machine lacks chromium (apt-get install)"
)


class Tab:
    """One tab; `complaints` are what the page's console and its policy say so far."""

    def __init__(self, to: int, back: int) -> None:
        self._to = open(to, "wb", buffering=0)  # noqa: SIM115 - a pipe, closed below
        self._back = open(back, "rb")  # noqa: SIM115
        self._asked = 0
        self._session = ""
        self._loaded = False
        self.complaints: list[str] = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        attached = self("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Log", "Runtime"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters: Any) -> Any:
        """Call `method`; return its result."""
        self._asked += 1
        asked = {"id": self._asked, "method": method, "params": parameters}
        if self._session:
            asked["sessionId"] = self._session
        self._to.write(json.dumps(asked).encode() + b"\0")
        while (answer := self._next()).get("id") != self._asked:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        text = bytearray()
        while (one := self._back.read(1)) not in (b"", b"\0"):
            text += one
        assert text, "Chromium ended"
        said: dict[str, Any] = json.loads(text)
        if said.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
            self.complaints.append(json.dumps(said["params"]))
        self._loaded |= said.get("method") == "Page.loadEventFired"
        return said

    def visit(self, url: str, width: int, scheme: str) -> None:
        """Load `url` in a window of `width` pixels, with the colour `scheme` light or dark."""
        self(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self("Emulation.setEmulatedMedia", features=[feature])
        self._loaded = False
        self("Page.navigate", url=url)
        while not self._loaded:
            self._next()

    def value(self, expression: str) -> Any:
        """Return the value of a JavaScript `expression`, which the page's policy does not bind."""
        return self("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get(
            "value"
        )

    def until(self, expression: str) -> None:
        """Wait until a JavaScript `expression` is true."""
        deadline = time.monotonic() + SECONDS
        while not self.value(expression):
            assert time.monotonic() < deadline, expression
            time.sleep(0.05)

    def close(self) -> None:
        """Close the pipe; Chromium ends."""
        self._to.close()
        self._back.close()


@contextmanager
def tab() -> Iterator[Tab]:
    """Start Chromium, and yield its only tab."""
    assert PROGRAM
    read_here, write_there = os.pipe()
    read_there, write_here = os.pipe()
    # Chromium reads from file 3 and writes to file 4.
    run = (
        "import fcntl, os, sys; "
        "a, b = (fcntl.fcntl(int(one), fcntl.F_DUPFD, 10) for one in sys.argv[1:3]); "
        "os.dup2(a, 3); os.dup2(b, 4); os.execv(sys.argv[3], sys.argv[3:])"
    )
    words = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = subprocess.Popen(
            [
                *(sys.executable, "-c", run, str(read_there), str(write_there), PROGRAM, *words),
                f"--user-data-dir={home}",
                *("--no-first-run", "--disable-background-networking"),
            ],
            pass_fds=[read_there, write_there],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_there)
        os.close(write_there)
        try:
            here = Tab(write_here, read_here)
            yield here
            here.close()
        finally:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(SECONDS)


def fits_and_can_be_read(page: Tab, width: int, scheme: str) -> None:
    """Check the page in a window of `width` pixels: no complaint, nothing cut off, contrast."""
    assert not page.complaints
    assert page.value("document.documentElement.scrollWidth") <= width
    assert page.value(CUT_OFF) == []
    for colour, behind, text in page.value(CONTRAST):
        assert contrast(colour, behind) >= 4.5, f"WCAG 2.2, 1.4.3: {text!r} {colour} on {behind}"
    dark = luminance(page.value("getComputedStyle(document.body).backgroundColor")) < 0.1
    assert dark == (scheme == "dark")


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
