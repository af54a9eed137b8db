"""`porter init` creates a complete app or nothing."""

import os
import pty
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from porter.cli.scaffold import check_stack_name, create_app, stack_name, template_folder
from porter.errors import PorterError

from .conftest import Run

FILES = {
    ".gitignore",
    "README.md",
    "app.py",
    "cdk.json",
    "requirements.lock",
    "requirements.txt",
    "service/main.py",
    "tests/conftest.py",
    "tests/test_app.py",
}
TEN_LINES = """\
import aws_cdk as cdk
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
stack = cdk.Stack(app, "Hello")
PorterService(
    stack, "Service",
    run=Process(["python3", "main.py"], source="service", port=8000),
    health_check=HealthCheck("/health"),
)
app.synth()
"""


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_template_is_the_ten_lines_and_a_docstring() -> None:
    docstring, _, code = (template_folder() / "app.py").read_text().partition("\n\n")
    assert docstring.startswith('"""')
    assert code == TEN_LINES


def test_init_creates_the_app_without_questions(run: Run, tmp_path: Path) -> None:
    done = run("init", "hello")
    assert done.returncode == 0, done.stderr
    assert done.stdout == (
        "Created the app Hello in hello. Next:\n\n  cd hello\n  porter rehearse\n"
    )
    assert _files(tmp_path / "hello") == FILES
    assert (tmp_path / "hello" / "app.py").read_text().endswith(TEN_LINES)


def test_without_a_folder_and_without_a_terminal_it_is_wrong_usage(run: Run) -> None:
    done = run("init")
    assert done.returncode == 2
    assert "DIR" in done.stderr


def test_on_a_terminal_it_asks_for_the_folder(tmp_path: Path) -> None:
    controller, terminal = pty.openpty()
    os.write(controller, b"asked\n")
    command = [sys.executable, "-m", "porter", "init"]
    try:
        done = subprocess.run(
            command, cwd=tmp_path, stdin=terminal, capture_output=True, timeout=60, check=False
        )
    finally:
        os.close(controller)
        os.close(terminal)
    assert done.returncode == 0, done.stderr
    assert _files(tmp_path / "asked") == FILES


def test_the_app_pins_the_porter_that_made_it(tmp_path: Path) -> None:
    create_app(tmp_path / "hello")
    text = (tmp_path / "hello" / "requirements.txt").read_text()
    assert re.fullmatch(r"porter-cdk\[rehearse\]==0\.1\.0\npytest==[0-9.]+\n", text)


def test_the_stack_is_named_after_the_folder_or_the_name(tmp_path: Path) -> None:
    assert create_app(tmp_path / "my-shop") == "MyShop"
    assert create_app(tmp_path / "other", name="Web-Shop") == "Web-Shop"
    assert 'cdk.Stack(app, "Web-Shop")' in (tmp_path / "other" / "app.py").read_text()


@pytest.mark.parametrize(
    ("folder", "stack"),
    [("hello", "Hello"), ("my_web.app", "MyWebApp"), ("2go", "App2go"), ("…", "App")],
)
def test_any_folder_gives_a_valid_stack_name(folder: str, stack: str) -> None:
    assert check_stack_name(stack_name(folder)) == stack


@pytest.mark.parametrize("name", ["2go", "my shop", 'x"); import os', "a" * 129, "über"])
def test_an_invalid_stack_name_creates_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(PorterError, match="is not a valid stack name"):
        create_app(tmp_path / "hello", name=name)
    assert not any(tmp_path.iterdir())


def test_an_empty_folder_is_filled_even_the_current_one(run: Run, tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    inode = here.stat().st_ino
    done = run("init", ".", cwd=here)
    assert "cd " not in done.stdout
    assert _files(here) == FILES
    assert here.stat().st_ino == inode
    assert 'cdk.Stack(app, "Here")' in (here / "app.py").read_text()


def test_a_folder_that_is_not_empty_stays_unchanged(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(PorterError, match="the folder is not empty"):
        create_app(tmp_path)
    with pytest.raises(PorterError, match="this is a file"):
        create_app(tmp_path / "mine")
    assert _files(tmp_path) == {"mine"}


@pytest.mark.parametrize("folder", ["/proc/hello", "/dev/null/hello"])
def test_a_folder_that_cannot_be_made_is_an_error(run: Run, folder: str) -> None:
    done = run("init", folder)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("porter: error: cannot create the app: "), done.stderr
    assert f"  where: {folder}\n  cure: name a folder" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a folder above it read-only")
def test_an_empty_folder_below_a_read_only_one_is_filled(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    mounts = "mount --bind $0 $0 && mount -o remount,bind,ro $0 && mount -t tmpfs none $0/here"
    init = f"cd $0/here && {sys.executable} -m porter init . && cat app.py && ls -A"
    command = ["unshare", "--mount", "sh", "-c", f"{mounts} && {init}", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert ".porter-init" not in done.stdout
    assert 'cdk.Stack(app, "Here")' in done.stdout


def test_a_failure_halfway_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        create_app(tmp_path / "hello", ci="abacus")
    assert not any(tmp_path.iterdir())


def test_the_new_folder_has_ordinary_permissions(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        create_app(tmp_path / "hello")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "hello").stat().st_mode) == 0o755


def test_by_products_in_the_template_are_not_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = tmp_path / "checkout" / "app_template"
    create_app(used)
    for leftover in ("cdk.out", "__pycache__", ".pytest_cache"):
        (used / leftover).mkdir()
        (used / leftover / "file").write_text("left over")
    (used / "cdk.context.json").write_text("{}")
    package = tmp_path / "checkout" / "porter"
    package.mkdir()
    monkeypatch.setattr("porter.__file__", str(package / "__init__.py"))
    create_app(tmp_path / "hello")
    assert _files(tmp_path / "hello") == FILES
