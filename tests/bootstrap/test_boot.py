"""The bundle's `boot.py` on its own: what the tests of the bootstrap cannot wait for."""

import time
from pathlib import Path

import pytest

from porter.bundle import boot


def test_an_apply_that_hangs_is_ended_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot, "SECONDS", 0.5)
    (tmp_path / "__main__.py").write_text("import time; time.sleep(60)")
    before = time.monotonic()
    with pytest.raises(boot.BootError, match=r"was not done after 0\.5 seconds"):
        boot.boot(tmp_path)
    assert time.monotonic() - before < 10


def test_what_apply_says_reaches_the_log_while_it_runs(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot, "SECONDS", 3.0)
    said = "import sys, time; print('writing', file=sys.stderr, flush=True); time.sleep(60)"
    (tmp_path / "__main__.py").write_text(said)
    with pytest.raises(boot.BootError):
        boot.boot(tmp_path)
    assert capfdbinary.readouterr().err == b"writing\n"
