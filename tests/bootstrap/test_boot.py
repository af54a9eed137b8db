"""The bundle's `boot.py` on its own: cases that would take the bootstrap too long."""

import time
from pathlib import Path

import pytest

from porter.bundle import boot
from tests.harness.slowness import slowness


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The folder to which the bootstrap unpacks the bundle."""
    folder = tmp_path / "opt/porter/bundle-0123456789ab"
    folder.mkdir(parents=True)
    return folder


def test_an_apply_that_hangs_is_ended_and_told(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot, "SECONDS", 0.5)
    (bundle / "__main__.py").write_text("import time; time.sleep(60)")
    before = time.monotonic()
    with pytest.raises(boot.BootError, match=r"was not done after 0\.5 seconds"):
        boot.boot(bundle)
    assert time.monotonic() - before < 10 * slowness()


def test_an_apply_that_does_not_load_is_in_the_log_of_apply(bundle: Path) -> None:
    (bundle / "__main__.py").write_text("raise SystemExit(70)")
    with pytest.raises(boot.BootError, match="ended with 70"):
        boot.boot(bundle)
    log = bundle.parents[2] / "var/log/porter/apply.log"
    assert log.read_text().endswith("Z boot: porter host apply ended with 70: \n")
    assert log.stat().st_mode & 0o777 == 0o640


def test_what_porterd_imports_is_compiled_while_apply_is_at_work(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    (bundle / "porter/daemon").mkdir(parents=True)
    for path in ("porter/__init__", "porter/daemon/__init__", "porter/daemon/__main__"):
        (bundle / f"{path}.py").touch()
    cache = bundle / "porter/daemon/__pycache__"
    cache.mkdir()
    wait = f"import os, time\nwhile not os.listdir({str(cache)!r}): time.sleep(0.01)"
    (bundle / "__main__.py").write_text(wait)
    with pytest.raises(SystemExit) as ended:
        boot.boot(bundle)
    assert ended.value.code == 0


def test_what_apply_says_reaches_the_log_while_it_runs(
    bundle: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boot, "SECONDS", 3 * slowness())
    said = "import sys, time; print('writing', file=sys.stderr, flush=True); time.sleep(3600)"
    (bundle / "__main__.py").write_text(said)
    with pytest.raises(boot.BootError):
        boot.boot(bundle)
    assert capfdbinary.readouterr().err == b"writing\n"
