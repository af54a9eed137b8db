"""What workloads say counts once, until the verdict."""

from pathlib import Path

import pytest

from porter.daemon import verdict as module
from porter.daemon.gate import Gate, Observation, Phase, advance, open_gate
from porter.daemon.verdict import Undecided, Verdict
from porter.spec import HealthCheck

OPEN = open_gate(HealthCheck(healthy_threshold=1), opened_at=0, timeout_seconds=60)


def test_before_the_first_look_nobody_knows_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_START_SECONDS", 0.1)
    verdict = Verdict(tmp_path)
    with pytest.raises(Undecided):
        verdict.fail("web", "no database")
    verdict.decide(OPEN, lambda _: OPEN)
    assert verdict.fail("web", "no database")


def test_the_first_failure_is_the_reason(tmp_path: Path) -> None:
    verdict = Verdict(tmp_path)
    verdict.decide(OPEN, lambda _: OPEN)
    assert verdict.fail("web", "no database")
    assert verdict.fail("mail", "web has failed")
    failed = verdict.decide(OPEN, lambda _: OPEN)
    assert failed.phase is Phase.FAILED
    assert failed.cause == "web gave up (POST /v1/fail): no database"
    assert not verdict.fail("mail", "too late")


def test_a_failed_gate_still_shows_checks(tmp_path: Path) -> None:
    verdict = Verdict(tmp_path)
    verdict.decide(OPEN, lambda _: OPEN)
    verdict.fail("web", "no database")
    failed = verdict.decide(OPEN, lambda _: OPEN)
    seen = Observation(at=1, ok=True, status=200, seconds=0)

    def judged(_: str) -> Gate:
        return advance(failed, seen, 1)

    assert verdict.decide(failed, judged).last == seen


def test_all_holds_are_named_and_kept_over_a_restart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    verdict = Verdict(tmp_path)
    verdict.open()
    verdict.hold("web", ": loading the model")
    verdict.hold("mail", "")
    restarted = Verdict(tmp_path)
    restarted.open()
    both = "web is not ready: loading the model; mail is not ready"
    assert verdict.held == restarted.held == both
    restarted.release("web")
    restarted.release("web")
    assert restarted.held == "mail is not ready"
    assert caplog.messages == []


def test_a_hold_that_is_repeated_writes_nothing(tmp_path: Path) -> None:
    verdict = Verdict(tmp_path)
    verdict.hold("web", "")
    (file,) = tmp_path.iterdir()
    written = file.stat().st_ino
    verdict.hold("web", "")
    assert file.stat().st_ino == written


@pytest.mark.parametrize("text", ["5", '"ab"', "{"])
def test_a_spoilt_file_holds_nothing(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "holds.json").write_text(text)
    verdict = Verdict(tmp_path)
    verdict.open()
    assert verdict.held == ""
    assert len(caplog.messages) == 1
