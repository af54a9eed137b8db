"""A Docker daemon of the tests' own, from Debian's packages, which stay uninstalled."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

_PACKAGES = ("docker.io", "containerd", "runc", "libdevmapper1.02.1")
_START_SECONDS = 60.0
_END_SECONDS = 30.0


class NoDockerError(Exception):
    """Docker cannot run here; the text is the reason."""


@contextmanager
def a_docker() -> Iterator[Mapping[str, str]]:
    """Start the daemon for the block; yield the variables by which `docker` uses it.

    It builds and pushes; its containers would have no network. Raises `NoDockerError`.
    """
    # A short path, because there are sockets below it.
    with tempfile.TemporaryDirectory(prefix="pd") as folder:
        programs = _unpacked(Path(folder))
        environment = {
            "PATH": f"{programs}/usr/bin:{programs}/usr/sbin:{os.environ['PATH']}",
            "DOCKER_HOST": f"unix://{folder}/docker.sock",
            "DOCKER_CONFIG": f"{folder}/config",
            "DOCKER_BUILDKIT": "0",  # Debian has no buildx
        }
        libraries = ":".join(str(path) for path in programs.glob("lib/*-linux-gnu"))
        daemon = _started(Path(folder), {**environment, "LD_LIBRARY_PATH": libraries})
        try:
            yield environment
        finally:
            daemon.terminate()
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(_END_SECONDS)
            daemon.kill()
            daemon.wait()
            _unmount(Path(folder))


def _unpacked(folder: Path) -> Path:
    download = ["apt-get", "download", *_PACKAGES]
    try:
        subprocess.run(download, cwd=folder, check=True, capture_output=True, timeout=180)
        for package in folder.glob("*.deb"):
            subprocess.run(["dpkg-deb", "-x", str(package), f"{folder}/root"], check=True)
            package.unlink()
    except (OSError, subprocess.SubprocessError) as error:
        raise NoDockerError(f"Debian's packages of Docker cannot be had: {error}") from error
    return folder / "root"


def _started(folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    log = folder / "dockerd.log"
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            [
                *("dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
                *("-H", f"unix://{folder}/docker.sock", "--pidfile", f"{folder}/dockerd.pid"),
                *("--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"),
            ],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    expires = time.monotonic() + _START_SECONDS
    while not (folder / "docker.sock").exists() and daemon.poll() is None:
        if time.monotonic() > expires:
            daemon.kill()
            break
        time.sleep(0.05)
    if daemon.poll() is not None or not (folder / "docker.sock").exists():
        daemon.wait()
        said = log.read_text(errors="replace").splitlines()[-3:]
        raise NoDockerError(f"dockerd does not run here: {' '.join(said)}")
    return daemon


def _unmount(folder: Path) -> None:
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    for path in [line.split()[4] for line in reversed(lines)]:
        if path.startswith(f"{folder}/"):
            subprocess.run(["umount", "--lazy", path], check=False)
