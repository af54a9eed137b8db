"""Which files `--watch` sees, and what each is for."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from porter.packing.recipe import Part, Recipe
from porter.rehearsal.watch.files import Files
from porter.rehearsal.watch.saves import QUIET, Saves
from porter.rehearsal.watch.sources import Sources
from tests.host.fake_host import host_spec
from tests.watch.watching import WAYS


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Return an app: its code, a source, a source beside it, and what others put there."""
    for name in (
        *("infra/app.py", "infra/stacks.py", "infra/cdk.json", "infra/README.md"),
        *("infra/service/main.py", "infra/service/tests/test_main.py"),
        *("infra/service/node_modules/a/index.js", "infra/node_modules/b/index.js"),
        *("infra/.git/index", "infra/.venv/bin/python", "infra/cdk.out/manifest.json"),
        *("infra/service/__pycache__/main.pyc", "infra/.idea/workspace.xml"),
        *("backend/server.py", "backend/cdk.json", "shared/naming.py", "elsewhere/x.py"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1")
    return tmp_path / "infra"


def _recipe(app: Path, host: str, source: str, *exclude: str) -> Recipe:
    modules = (app / "app.py", app / "stacks.py", app.parent / "shared/naming.py")
    return Recipe(
        host=host,
        sha256="0" * 64,
        spec=host_spec(),
        parts={"workloads/web": Part(app / source, exclude)},
        modules=tuple(path.resolve() for path in modules),
    )


def _sources(app: Path) -> Sources:
    here = _recipe(app, "Here", "service", "tests")
    return Sources(app, [here, _recipe(app, "There", "../backend"), _recipe(app, "Too", "service")])


@pytest.mark.parametrize(
    ("name", "hosts"),
    [
        ("infra/service/main.py", ["Here", "Too"]),
        ("infra/service/node_modules/a/index.js", ["Here", "Too"]),
        ("infra/service/tests/test_main.py", ["Too"]),
        ("backend/server.py", ["There"]),
        ("backend/cdk.json", ["There"]),
    ],
)
def test_a_file_of_a_source_is_packed_again_for_its_hosts(
    app: Path, name: str, hosts: list[str]
) -> None:
    found = _sources(app).sort([app.parent / name])
    assert [recipe.host for recipe in found.recipes] == hosts
    assert found.others == []


@pytest.mark.parametrize("name", ["app.py", "stacks.py", "cdk.json", "README.md"])
def test_another_file_of_the_app_needs_a_synthesis(app: Path, name: str) -> None:
    assert _sources(app).sort([app / name]).others == [app / name]


def test_a_module_of_the_app_needs_a_synthesis_wherever_it_is(app: Path) -> None:
    module = app.parent / "shared/naming.py"
    sources = _sources(app)
    assert module in sources.single
    assert sources.sort([module]).others == [module]


def test_the_apps_own_code_needs_a_synthesis_even_if_a_program_has_it(app: Path) -> None:
    sources = Sources(app, [_recipe(app, "All", ".")])
    found = sources.sort([app / "app.py", app / "cdk.json", app / "README.md"])
    assert found.others == [app / "app.py", app / "cdk.json"]
    assert found.packed == [app / "README.md"]


@pytest.mark.parametrize(
    "name",
    [
        *(".git/index", ".venv/bin/python", "cdk.out/manifest.json", "node_modules/b/index.js"),
        *("service/__pycache__/main.pyc", ".idea/workspace.xml", "service/main.py~"),
        *("service/.main.py.swp", "service/4913", "service/#main.py#", "service/.#main.py"),
        *("app.py~", "../elsewhere/x.py", "../backend/__pycache__/server.pyc"),
    ],
)
def test_by_products_of_other_programs_are_ignored(app: Path, name: str) -> None:
    path = Path(os.path.normpath(app / name))
    assert _sources(app).sort([path]).saved == []


def test_a_file_that_all_programs_exclude_is_ignored(app: Path) -> None:
    sources = Sources(app, [_recipe(app, "Here", "service", "tests", "*.md")])
    saved = [app / "service/tests/test_main.py", app / "service/README.md"]
    assert sources.sort(saved).saved == []


def _watched(app: Path) -> Files:
    sources, files = _sources(app), Files()
    files.follow(sources.folders, sources.single, sources.skips, time.time_ns())
    return files


def _changed(files: Files) -> set[Path]:
    files._due = 0
    return files.changed()


def test_what_is_there_at_first_has_not_changed(app: Path) -> None:
    assert _changed(_watched(app)) == set()


@pytest.mark.parametrize("save", WAYS)
def test_every_way_to_save_is_seen(app: Path, save: Callable[[Path, str], None]) -> None:
    files = _watched(app)
    save(app / "service/main.py", "2")
    assert _changed(files) == {app / "service/main.py"}


def test_a_new_file_a_removed_one_and_a_new_folder_are_seen(app: Path) -> None:
    files = _watched(app)
    (app / "service/main.py").unlink()
    (app / "service/new/deep").mkdir(parents=True)
    (app / "service/new/deep/a.py").touch()
    (app / "stacks.py").rename(app / "stack.py")
    names = {path.relative_to(app).as_posix() for path in _changed(files)}
    assert names == {"service/main.py", "service/new/deep/a.py", "stacks.py", "stack.py"}


def test_a_change_before_new_sources_are_followed_is_still_seen(app: Path) -> None:
    files = Files()
    files.follow([app], [], Sources(app, []).skips, time.time_ns())
    (app / "service/main.py").write_text("two")
    sources = _sources(app)
    files.follow(sources.folders, sources.single, sources.skips, time.time_ns())
    assert _changed(files) == {app / "service/main.py"}


def _saved_during_two_syntheses(app: Path, name: str) -> bool:
    """Return whether the second save of a file, during the second synthesis, still counts."""
    saves = Saves(app)
    saves.follow([_recipe(app, "Here", "service")], time.time_ns())
    for text in ("two", "three"):
        (app / name).write_text(text)
        saves._files._due = 0
        saves.look()
        saves.synthesized()
        counts = saves.some
        saves.take()
    return counts


def test_a_file_that_the_app_writes_at_each_synthesis_starts_no_loop(app: Path) -> None:
    assert not _saved_during_two_syntheses(app, "README.md")


@pytest.mark.parametrize("name", ["app.py", "service/main.py"])
def test_code_that_is_saved_during_two_syntheses_counts_each_time(app: Path, name: str) -> None:
    assert _saved_during_two_syntheses(app, name)


def test_what_the_app_writes_once_it_has_synthesized_starts_no_loop(app: Path) -> None:
    """Its last files are there when it has ended, and nobody has looked since."""
    saves = Saves(app)
    saves.follow([_recipe(app, "Here", "service")], time.time_ns())
    for text in ("two", "three"):
        saves.look(now=True)  # the next look is not due yet
        (app / "README.md").write_text(text)
        saves.synthesized()
        counts = saves.some
        saves.take()
    assert not counts


def test_a_file_saved_since_the_synthesis_began_is_seen_wherever_it_is(app: Path) -> None:
    saves, began = Saves(app), time.time_ns()
    saves.follow((), began)
    time.sleep(0.05)  # the kernel's clock for files has ticks of 4 ms, or 10
    (app.parent / "backend/server.py").write_text("two")
    (app / "service/node_modules/a/index.js").write_text("two")
    (app / "app.py").write_text("two")
    saves.follow([_recipe(app, "Here", "service"), _recipe(app, "There", "../backend")], began)
    saves.look(now=True)
    assert {one.name for one in saves.take().files.saved} == {"server.py", "index.js", "app.py"}


def test_saves_within_a_moment_are_one_and_a_later_one_is_another(app: Path) -> None:
    saves = Saves(app)
    saves.follow([_recipe(app, "Here", "service")], time.time_ns())
    for name in ("service/main.py", "app.py"):
        (app / name).write_text("two")
        saves._files._due = 0
        saves.look()
    time.sleep(QUIET * 1.5)
    assert saves.settled
    assert sorted(path.name for path in saves.take().files.saved) == ["app.py", "main.py"]
    assert not saves.some
