"""`porter build` prints what a hot apply needs: each payload of this build, size and SHA-256."""

import hashlib
import json
import tarfile
from pathlib import Path

from .conftest import Run

APP = """\
import aws_cdk as cdk
from porter_cdk import HealthCheck, PorterService, Process

app = cdk.App()
for scope in (app, cdk.Stage(app, "Prod")):
    PorterService(
        cdk.Stack(scope, "Hello"), "Service",
        run=Process(["python3", "main.py"], source="service", port=8000),
        health_check=HealthCheck("/health"),
    )
app.synth()
"""
FAST = {"CDK_VALIDATION": "false"}


def printed(run: Run, app: Path) -> dict[str, Path]:
    """Return the file of each host's payload; its digest is correct."""
    done = run("build", cwd=app, env=FAST)
    assert done.returncode == 0, done.stderr
    assembly, *lines = done.stdout.splitlines()
    assert assembly == str(app / "cdk.out")
    found = {}
    for what, digest in zip(lines[::2], lines[1::2], strict=True):
        host, size, path = what.removeprefix("payload of ").replace(": ", ", ").split(", ")
        content = Path(path).read_bytes()
        assert size == f"{len(content) / 1e3:.1f} kB"
        assert digest == f"  --sha256 {hashlib.sha256(content).hexdigest()}"
        found[host] = Path(path)
    return found


def test_it_prints_each_hosts_payload_of_this_build_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "service").mkdir()
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python3 app.py"}))
    (tmp_path / "app.py").write_text(APP)
    for text in ("first", "second"):
        (tmp_path / "service/main.py").write_text(text)
        found = printed(run, tmp_path)
        assert set(found) == {"Hello/Service/Host", "Prod/Hello/Service/Host"}
        for file in found.values():
            with tarfile.open(file) as archive:
                main = archive.extractfile("workloads/web/main.py")
                assert main
                assert main.read().decode() == text
