"""Programs on a played machine are refused what EC2 refuses them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from porter.rehearsal.machines.played import sandbox
from porter.rehearsal.machines.played.sandbox import closed

from .conftest import Boot, Booted, eventually

STRICT = "DynamicUser=yes\nProtectSystem=strict\nPrivateTmp=yes\nUMask=0077"
NO_SANDBOX = pytest.mark.skipif(
    bool(sandbox.refusal()), reason=f"this computer has no sandbox: {sandbox.refusal()}"
)

WORK = """
import os
while True:
    os.mkdir("folder", 0o700)
    os.close(os.open("file", os.O_CREAT, 0o600))
    os.rmdir("folder")
    os.unlink("file")
"""


def program(there: Booted, script: str, *lines: str, name: str = "web.service") -> str:
    """Run the shell script `script` as a strict unit in a folder of a payload; return its log."""
    folder = there.root / "opt/porter/payload-1/workloads/web"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "code.txt").write_text("code\n")
    (folder / "run.sh").write_text(f"{script}\necho the end\nexec sleep 1000\n")
    unit = [
        "[Service]",
        "Type=exec",
        f"WorkingDirectory={folder}",
        f"ExecStart=sh {folder}/run.sh",
        STRICT,
        *lines,
    ]
    there.add(name, "\n".join(unit) + "\n")
    assert there.systemctl("start", name).returncode == 0
    eventually(lambda: "the end" in there.machine.log_tail(name, 50))
    return there.machine.log_tail(name, 50)


def test_a_program_cannot_write_beside_its_code(boot: Boot) -> None:
    """The first thing that fails on EC2: SQLite, uploads, caches in the program's own folder."""
    there = boot()
    log = program(there, "echo x > db.sqlite3 || echo refused; echo y > code.txt; cat code.txt")
    assert "refused" in log
    assert "code" in log.splitlines()
    assert not list(there.root.rglob("db.sqlite3"))
    there.machine.stop()


@NO_SANDBOX
def test_a_program_may_write_where_it_may_on_a_host_alone(boot: Boot) -> None:
    there = boot()
    places = "$CACHE_DIRECTORY $STATE_DIRECTORY /tmp /var/tmp . /etc /opt %s/etc %s/var/lib"
    script = (
        f'for at in {places % (there.root, there.root)}; do touch "$at/x" && echo "may $at"; done'
    )
    log = program(there, script, "CacheDirectory=porter-web", "StateDirectory=porter-web")
    temporary = [*sandbox.TEMPORARY]
    may = [line.removeprefix("may ") for line in log.splitlines() if line.startswith("may ")]
    var = there.root / "var"
    assert may == [str(var / "cache/porter-web"), str(var / "lib/porter-web"), *temporary]
    assert not Path(temporary[0], "x").exists()


@NO_SANDBOX
def test_each_program_has_a_tmp_of_its_own_for_one_run(boot: Boot) -> None:
    there = boot()
    joins = ("[Unit]", "JoinsNamespaceOf=web.service")
    first = program(there, "echo one > /tmp/mine; env")
    assert "TMPDIR" not in first
    assert "mine" in program(there, "ls /tmp", *joins, name="web_check.service")
    assert "mine" not in program(there, "ls /tmp", name="other.service")
    there.systemctl("stop", "web.service")
    assert not list((there.root / "tmp").glob("web.service/*"))


@NO_SANDBOX
def test_a_program_cannot_read_what_only_root_reads_on_a_host(boot: Boot) -> None:
    there = boot()
    secret = there.root / "run/porter/secrets/other"
    secret.parent.mkdir(parents=True)
    secret.write_text("of another program\n")
    secret.chmod(0o600)
    own = there.root / "etc/own"
    own.write_text("own secret\n")
    own.chmod(0o600)
    log = program(
        there,
        f"cat {secret}; cat {own}; cat $CREDENTIALS_DIRECTORY/own",
        f"LoadCredential=own:{own}",
    )
    assert "of another program" not in log
    assert log.count("own secret") == 1


@NO_SANDBOX
def test_a_program_is_not_root(boot: Boot) -> None:
    """Programs that refuse root, as Jupyter does, go on; privileged calls fail as on EC2."""
    log = program(boot(), 'echo "user $(id -u)"; chown 1 $HOME 2>&1; grep CapEff /proc/self/status')
    assert f"user {os.geteuid() or 65534}" in log
    assert "CapEff:\t0000000000000000" in log


def test_a_variable_keeps_its_carriage_return(boot: Boot) -> None:
    """Text mode would turn it into a line's end, and systemd does not."""
    there = boot()
    file = there.root / "etc/web.env"
    file.write_bytes(b'LINES="a\r\nb\rc"\nNEXT=1\n')
    log = program(there, 'printf %s "$LINES" | od -An -c', f"EnvironmentFile={file}")
    assert r"a \r \n b \r c" in " ".join(log.split())


def test_without_namespaces_file_modes_keep_the_folder_read_only(tmp_path: Path) -> None:
    """As in a container with default capabilities; even root obeys the modes then."""
    script = Path(__file__).with_name("without_namespaces.py")
    argv = [sys.executable, "-P", script, tmp_path]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode == 77:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    assert "refused\n" in done.stdout
    assert "refusal: " in done.stdout
    assert "TMPDIR is its own" in done.stdout


def test_files_that_vanish_while_secrets_are_covered_stop_no_unit(tmp_path: Path) -> None:
    """A host side at work creates and removes files in the folders that are covered."""
    with subprocess.Popen([sys.executable, "-c", WORK], cwd=tmp_path) as working:
        try:
            eventually(lambda: any(tmp_path.iterdir()))
            end = time.monotonic() + 2
            while time.monotonic() < end:
                assert {one.name for one in closed([tmp_path], own=())} <= {"folder", "file"}
        finally:
            working.kill()
