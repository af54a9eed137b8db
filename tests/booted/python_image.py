"""A container image with the Python that runs the tests, built without Docker."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

from tests.booted.tiny_image import TinyImage, architecture, digest

_LEFT_OUT = re.compile(
    r"/(__pycache__|site-packages|dist-packages|test|idlelib|lib2to3|tkinter|turtledemo|ensurepip"
    r"|pydoc_data|distutils|unittest|sqlite3|curses|config-[^/]*"
    r"|(_test|_tkinter|_sqlite3|_curses|_codecs_|_dbm|_gdbm|nis|readline)[^/]*\.so)(/|$)"
)
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")


def python_image(program: Path) -> TinyImage:
    """Return an image with `python3` that runs in a copy of the folder `program`."""
    python = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    files = {str(path): path for path in (python, *_standard_library())}
    files |= {str(path): path for path in _libraries([*files.values()])}
    files |= {f"/app/{path.relative_to(program)}": path for path in _files(program)}
    layer = _layer(files, python)
    config = {
        "architecture": architecture(),
        "os": "linux",
        "config": {
            "Env": ["PATH=/bin"],
            "WorkingDir": "/app",
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
    }
    return TinyImage(layer, json.dumps(config).encode())


def _standard_library() -> Iterator[Path]:
    folder = Path(sysconfig.get_path("stdlib"))
    return (path for path in _files(folder) if not _LEFT_OUT.search(str(path)))


def _libraries(programs: list[Path]) -> set[Path]:
    """Return the path of every shared library that `programs` load."""
    binaries = [str(path) for path in programs if path.suffix == ".so" or not path.suffix]
    binaries += [str(path) for path in programs if path.name.startswith("python3.")]
    done = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False)
    return {Path(found) for found in _LIBRARY.findall(done.stdout)}


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _layer(files: dict[str, Path], python: Path) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, mode in {"tmp": 0o1777, "etc": 0o755}.items():
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            archive.addfile(folder)
        link = tarfile.TarInfo("bin/python3")
        link.type, link.linkname = tarfile.SYMTYPE, str(python)
        archive.addfile(link)
        for name, path in sorted(files.items()):
            data = path.read_bytes()
            member = tarfile.TarInfo(name.removeprefix("/"))
            member.size, member.mode = len(data), 0o755
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()
