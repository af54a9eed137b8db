"""Unpacked files stay in their folder, even without `tarfile.data_filter`."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.story.version import folder_of
from porter.unpack import unpack


@pytest.fixture(params=["with", "without"], autouse=True)
def _filter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11.3 and older have no filter."""
    if request.param == "without":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    one = tarfile.TarInfo(name)
    one.type, one.linkname, one.mode = kind, target, 0o755
    one.size = int(kind == tarfile.REGTYPE)
    return one


def unpacked(folder: Path, *members: tarfile.TarInfo) -> list[str]:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for one in members:
            archive.addfile(one, io.BytesIO(b"!" * one.size))
    content.seek(0)
    with tarfile.open(fileobj=content) as archive:
        unpack(archive, folder)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_files_folders_and_links_arrive(tmp_path: Path) -> None:
    link = member("a/link", tarfile.SYMTYPE, "../b")
    assert unpacked(tmp_path / "new", member("a", tarfile.DIRTYPE), member("b"), link) == [
        "a",
        "a/link",
        "b",
    ]
    assert (tmp_path / "new/a/link").read_bytes() == b"!"


@pytest.mark.parametrize(
    "members",
    [
        [member("../escaped")],
        [member("a/../../escaped")],
        [member("{outside}/escaped")],
        [member("link", tarfile.SYMTYPE, "..")],
        [member("link", tarfile.SYMTYPE, "{outside}")],
        [member("a", tarfile.SYMTYPE, "."), member("a/b", tarfile.SYMTYPE, "..")],
        [member("hard", tarfile.LNKTYPE, "../mine"), member("hard")],
        [member("device", tarfile.CHRTYPE)],
        [member("pipe", tarfile.FIFOTYPE)],
    ],
    ids=lambda members: members[0].name,
)
def test_what_would_leave_the_folder_is_refused(
    tmp_path: Path, members: list[tarfile.TarInfo]
) -> None:
    (tmp_path / "mine").write_text("mine")
    for one in members:
        one.name = one.name.format(outside=tmp_path)
        one.linkname = one.linkname.format(outside=tmp_path)
    with pytest.raises(tarfile.TarError):
        unpacked(tmp_path / "new", *members)
    assert not (tmp_path / "escaped").exists()
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """An app in a repository of its own."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app/app.py").write_text("one")
    return tmp_path / "app"


def _commit(app: Path) -> None:
    who = ("-c", "user.name=n", "-c", "user.email=e@example.com")
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "one"]):
        subprocess.run(["git", *words], cwd=app, check=True, timeout=30)


def test_an_earlier_version_of_an_app_is_unpacked(app: Path, tmp_path: Path) -> None:
    _commit(app)
    (app / "app.py").write_text("two")
    assert (folder_of("HEAD", app, tmp_path) / "app.py").read_text() == "one"


def test_a_version_that_links_out_of_its_folder_is_refused(app: Path, tmp_path: Path) -> None:
    (app / "shared").symlink_to("../elsewhere")
    _commit(app)
    with pytest.raises(PorterError, match="shared") as caught:
        folder_of("HEAD", app, tmp_path)
    assert caught.value.where == "HEAD"
