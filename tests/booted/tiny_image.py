"""A container image of Debian's static busybox, built without Docker."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import platform
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

_APPLETS = (
    "sh",
    "httpd",
    "sleep",
    "wget",
    "id",
    "cat",
    "env",
    "touch",
    "kill",
    "grep",
    "ls",
    "tail",
)
_CPU = {"x86_64": "amd64", "aarch64": "arm64"}
GREETING = "hello from a container\n"


@dataclass(frozen=True)
class TinyImage:
    """The parts of an image that serves a page on its exposed port, and names no user."""

    layer: bytes
    config: bytes

    @classmethod
    @functools.cache
    def build(cls, greeting: str = GREETING, *, exposes: str = "8080/tcp") -> TinyImage:
        """Return the image that serves `greeting`, even if it exposes no port.

        Raises `CalledProcessError` if Debian's packages are not available.
        """
        layer = _layer(busybox(), greeting)
        config = {
            "architecture": architecture(),
            "os": "linux",
            "config": {
                "Cmd": ["/bin/httpd", "-f", "-v", "-p", "8080", "-h", "/www"],
                "Env": ["PATH=/bin"],
                "ExposedPorts": {exposes: {}} if exposes else {},
            },
            "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        }
        return cls(layer, json.dumps(config).encode())

    @property
    def id(self) -> str:
        """Return the image's id in Docker."""
        return digest(self.config)

    @property
    def manifest(self) -> bytes:
        """Return the manifest in a registry (Image Manifest V2, Schema 2)."""
        kind = "application/vnd.docker"
        described = {
            "schemaVersion": 2,
            "mediaType": f"{kind}.distribution.manifest.v2+json",
            "config": _blob(f"{kind}.container.image.v1+json", self.config),
            "layers": [_blob(f"{kind}.image.rootfs.diff.tar", self.layer)],
        }
        return json.dumps(described).encode()

    def save(self, file: Path) -> None:
        """Write the file that `docker save` would write."""
        file.write_bytes(self.saved())

    def saved(self) -> bytes:
        """Return the bytes of that file."""
        content = io.BytesIO()
        names = {"config": f"{self.id[7:]}.json", "layer": f"{digest(self.layer)[7:]}/layer.tar"}
        entry = {"Config": names["config"], "RepoTags": None, "Layers": [names["layer"]]}
        with tarfile.open(fileobj=content, mode="w") as archive:
            _add(archive, names["config"], self.config)
            _add(archive, names["layer"], self.layer)
            _add(archive, "manifest.json", json.dumps([entry]).encode())
        return content.getvalue()

    def lay_out(self, folder: Path) -> None:
        """Write the parts to `folder`, for a program that pushes them."""
        for name in ("layer", "config", "manifest"):
            (folder / name).write_bytes(getattr(self, name))


def architecture() -> str:
    """Return this machine's architecture, by its name in images."""
    return _CPU.get(platform.machine(), platform.machine())


def digest(content: bytes) -> str:
    """Return the digest of `content`, in the form of images and registries."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _blob(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "size": len(content), "digest": digest(content)}


def _layer(busybox: bytes, greeting: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, mode in {"bin": 0o755, "tmp": 0o1777, "scratch": 0o755, "www": 0o755}.items():
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            archive.addfile(folder)
        _add(archive, "bin/busybox", busybox, 0o755)
        for applet in _APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        for page in ("index.html", "health"):
            _add(archive, f"www/{page}", greeting.encode())
    return content.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))


@functools.cache
def busybox() -> bytes:
    """Return Debian's busybox from its package, without installing the package."""
    with tempfile.TemporaryDirectory() as folder:
        download = ["apt-get", "download", "busybox-static"]
        subprocess.run(download, cwd=folder, check=True, capture_output=True)
        [package] = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), f"{folder}/root"], check=True)
        return Path(folder, "root/bin/busybox").read_bytes()
