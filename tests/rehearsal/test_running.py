"""Another terminal finds an instance by its service, and rehearsals answer for themselves alone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.local.folder import locked_folder
from porter.rehearsal.story.running import find


@pytest.fixture
def rehearsals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Two running rehearsals: `shop` and `mail` in the first, `shop` in the second."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    hosts = [[("i-01", "shop"), ("i-02", "shop"), ("i-03", "mail")], [("i-11", "shop")]]
    with ExitStack() as stack:
        folders = [stack.enter_context(locked_folder()) for _ in hosts]
        for folder, members in zip(folders, hosts, strict=True):
            for number, (instance, service) in enumerate(members):
                place = folder / f"host{number}"
                place.mkdir()
                note = place / "instance.json"
                note.write_text(json.dumps({"instance_id": instance, "service": service}))
                os.utime(note, (number, number))
        yield folders


@pytest.mark.usefixtures("rehearsals")
def test_an_instance_is_found_by_its_service_or_its_id() -> None:
    assert find("mail").instance_id == "i-03"
    assert find("i-02").instance_id == "i-02"
    assert find("i-11").service == "shop"


@pytest.mark.parametrize("name", ["shop", ""])
@pytest.mark.usefixtures("rehearsals")
def test_a_name_in_several_rehearsals_is_refused_with_the_instances(name: str) -> None:
    with pytest.raises(PorterError, match="several running rehearsals") as refused:
        find(name)
    assert "i-11 (shop)" in refused.value.cure
    assert "i-01 (shop)" in refused.value.cure


def test_in_one_rehearsal_the_newest_instance_answers(rehearsals: list[Path]) -> None:
    (rehearsals[1] / "host0/instance.json").unlink()
    assert find("shop").instance_id == "i-02"
    assert find("").instance_id == "i-03"


def test_an_instance_that_has_left_its_group_answers_last(rehearsals: list[Path]) -> None:
    (rehearsals[1] / "host0/instance.json").unlink()
    (rehearsals[0] / "host0/group.json").touch()
    assert find("shop").instance_id == "i-01"
    assert find("i-02").instance_id == "i-02"


@pytest.mark.usefixtures("rehearsals")
def test_an_unknown_name_is_refused_with_those_that_run() -> None:
    with pytest.raises(PorterError, match="no instance or service shopp") as refused:
        find("shopp")
    assert "i-03 (mail)" in refused.value.cure
