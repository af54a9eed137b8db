"""An image uses the host's own package sources, if the host is the same Debian."""

from pathlib import Path

import pytest

from porter.rehearsal.machines.image.sources import mirrors, of_host

DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'
KEY = "/usr/share/keyrings/debian-archive-keyring.gpg"
BASE = f"deb [signed-by={KEY}] http://mirror.example/debian bookworm main"
UPDATES = f"deb [signed-by={KEY}] http://mirror.example/debian bookworm-updates main"
SECURITY = "deb http://security.example:3142/debian-security bookworm-security main"

DEB822 = f"""\
# a comment

Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates bookworm-backports
# between fields
Components: main
  contrib
Signed-By: {KEY}

Types: deb
URIs: http://security.example:3142/debian-security
Suites: bookworm-security
Components: main
"""

ONE_LINE = f"""\
deb [arch=amd64 signed-by={KEY}] http://mirror.example/debian bookworm main contrib # why not
deb-src http://mirror.example/debian bookworm main
#deb http://old.example/debian bookworm main

deb [signed-by={KEY}] http://mirror.example/debian bookworm-updates main
deb http://security.example:3142/debian-security bookworm-security main
"""

STRANGERS = """\
Types: deb
URIs: http://strangers.example/apt
Suites: bookworm
Components: main
Signed-By: /usr/share/keyrings/strangers.gpg

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: file:///media/cdrom
Suites: bookworm
Components: main
"""


def _host(etc: Path, files: dict[str, str], release: str = DEBIAN) -> Path:
    (etc / "apt/sources.list.d").mkdir(parents=True)
    (etc / "os-release").write_text(release)
    for name, text in files.items():
        (etc / "apt" / name).write_text(text)
    return etc


@pytest.mark.parametrize(
    "files",
    [{"sources.list.d/debian.sources": DEB822}, {"sources.list": ONE_LINE}],
    ids=["deb822", "one-line"],
)
def test_debians_sources_are_used_in_either_format(tmp_path: Path, files: dict[str, str]) -> None:
    assert of_host("bookworm", _host(tmp_path, files)) == (BASE, UPDATES, SECURITY)


def test_third_party_disabled_and_local_sources_are_left_out(tmp_path: Path) -> None:
    files = {"sources.list": ONE_LINE, "sources.list.d/z.sources": STRANGERS}
    assert of_host("bookworm", _host(tmp_path, files)) == (BASE, UPDATES, SECURITY)


def test_sources_with_updates_only_are_not_used(tmp_path: Path) -> None:
    assert of_host("bookworm", _host(tmp_path, {"sources.list": SECURITY})) == ()


@pytest.mark.parametrize(
    ("codename", "release"),
    [("trixie", DEBIAN), ("bookworm", "ID=ubuntu\nVERSION_CODENAME=noble\n"), ("bookworm", "")],
)
def test_on_other_hosts_mmdebstrap_chooses_the_sources(
    tmp_path: Path, codename: str, release: str
) -> None:
    assert of_host(codename, _host(tmp_path, {"sources.list": ONE_LINE}, release)) == ()


def test_the_mirrors_of_an_image_are_host_names(tmp_path: Path) -> None:
    _host(tmp_path / "etc", {"sources.list": f"# http://old.example/\n{BASE}\n{SECURITY}\n"})
    assert mirrors(tmp_path) == ("mirror.example", "security.example")
