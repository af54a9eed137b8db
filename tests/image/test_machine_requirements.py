"""Requirements of booted machines, and one command that installs them on each known system."""

from pathlib import Path

import pytest

from porter.errors import PorterError
from porter.rehearsal.machines.image.family import family, os_release
from porter.rehearsal.machines.image.requirements import (
    REQUIREMENTS,
    install_command,
    missing,
    require,
)

APT = (
    "apt-get update && apt-get install -y --no-install-recommends"
    " debian-archive-keyring dnsmasq-base iproute2 mmdebstrap mount openssl util-linux"
)
DNF = "dnf install -y debian-keyring dnsmasq iproute mmdebstrap openssl util-linux"

SYSTEMS = {
    "Debian": ('ID=debian\nVERSION_ID="12"\n', APT),
    "Ubuntu": ("ID=ubuntu\nID_LIKE=debian\nVERSION_ID='24.04'\n", APT),
    "Mint": ('# comment\nID=linuxmint\nID_LIKE="ubuntu debian"\n', APT),
    "Fedora": ("ID=fedora\nVERSION_ID=42\n", DNF),
    "Nobara": ('ID=nobara\nID_LIKE="rhel centos fedora"\n', DNF),
}


@pytest.mark.parametrize(("text", "command"), SYSTEMS.values(), ids=SYSTEMS)
def test_each_system_has_one_command_that_installs_everything(
    tmp_path: Path, text: str, command: str
) -> None:
    file = tmp_path / "os-release"
    file.write_text(text)
    known = family(os_release(file))
    assert known is not None
    packaged = [one.name for one in REQUIREMENTS if not one.cure]
    assert known.command(packaged, root=True) == command


def test_a_users_command_uses_sudo() -> None:
    known = family({"ID": "debian"})
    assert known is not None
    assert known.command(["ip"], root=False) == (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends iproute2"
    )


@pytest.mark.parametrize("text", ["ID=plan9\n", "", None])
def test_an_unknown_system_has_no_command(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "os-release"
    if text is not None:
        file.write_text(text)
    assert family(os_release(file)) is None


def test_missing_programs_are_listed_with_their_purpose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    lacking = {one.name: one.purpose for one in missing()}
    assert lacking["mmdebstrap"] == "builds the machine image"
    assert "mmdebstrap" in install_command(missing())
    with pytest.raises(PorterError, match=r"this host cannot boot machines: missing: .*mmdebstrap"):
        require()
