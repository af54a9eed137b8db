"""An instance's upper layer contains what EC2 and its AMIs provide before the first boot."""

import ssl
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from porter.errors import PorterError
from porter.rehearsal.machines.image import Image, seed


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """The certificate of an authority."""
    file = tmp_path / "authority.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-keyout", "/dev/null", "-out", str(file), "-subj", "/CN=Rehearsal"),
        ],
        check=True,
        capture_output=True,
        timeout=30,
    )
    return file


@pytest.fixture
def seeded(tmp_path: Path, certificate: Path) -> Path:
    """An upper layer on a minimal image."""
    bundle = tmp_path / "root/etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("# the image's own authorities\n")
    upper = tmp_path / "upper"
    upper.mkdir(mode=0o700)
    image = Image(tmp_path / "root", "debian-12", ("mirror.example",))
    seed(upper, image, resolver="10.77.0.1", certificate=certificate)
    return upper


def test_the_upper_layer_has_these_files_only(seeded: Path) -> None:
    files = {str(path.relative_to(seeded)) for path in seeded.rglob("*") if not path.is_dir()}
    links = {path for path in files if (seeded / path).is_symlink()}
    (by_hash,) = (path for path in links if path.endswith(".0"))
    assert links - {by_hash} == {
        "etc/systemd/system/apt-daily.timer",
        "etc/systemd/system/apt-daily-upgrade.timer",
    }
    assert files - links == {
        "etc/cloud/cloud.cfg.d/99-ec2.cfg",
        "etc/hosts",
        "etc/machine-id",
        "etc/resolv.conf",
        "etc/ssl/certs/ca-certificates.crt",
        "etc/systemd/network/80-ec2.network",
        "etc/systemd/system.conf.d/10-porter.conf",
        "usr/local/share/ca-certificates/porter-rehearsal.crt",
    }


def test_cloud_init_has_ec2s_data_source_only(seeded: Path) -> None:
    text = (seeded / "etc/cloud/cloud.cfg.d/99-ec2.cfg").read_text()
    config = yaml.safe_load(text)
    assert config["datasource_list"] == ["Ec2"]
    assert config["datasource"]["Ec2"]["metadata_urls"] == ["http://169.254.169.254"]
    # ds-identify(8) cannot parse YAML: it needs the list on one line.
    assert "datasource_list: [ Ec2 ]" in text.splitlines()
    assert config["ssh_genkeytypes"] == ["ed25519"], "a boot waits a second for an RSA key"


def test_instances_use_the_networks_resolver_and_share_no_machine_id(seeded: Path) -> None:
    assert (seeded / "etc/resolv.conf").read_text() == "nameserver 10.77.0.1\n"
    assert (seeded / "etc/machine-id").read_text() == ""


def test_the_authority_is_trusted_beside_the_images_authorities(
    seeded: Path, certificate: Path
) -> None:
    bundle = seeded / "etc/ssl/certs/ca-certificates.crt"
    assert bundle.read_text().startswith("# the image's own authorities\n")
    (trusted,) = ssl.create_default_context(cafile=bundle).get_ca_certs()
    assert trusted["subject"] == ((("commonName", "Rehearsal"),),)
    (by_hash,) = bundle.parent.glob("*.0")
    linked = seeded / by_hash.readlink().relative_to("/")
    assert linked.read_text() == certificate.read_text()


def test_botocore_uses_the_systems_authorities(seeded: Path) -> None:
    assert (seeded / "etc/systemd/system.conf.d/10-porter.conf").read_text() == (
        "[Manager]\nDefaultEnvironment=AWS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt\n"
    )


def test_every_user_can_read_the_layer_regardless_of_the_umask(
    tmp_path: Path, certificate: Path, seeded: Path
) -> None:
    del seeded  # this test uses its image
    code = (
        "import os, sys; from pathlib import Path\n"
        "from porter.rehearsal.machines.image import Image, seed\n"
        "os.umask(0o077); upper, root, certificate = map(Path, sys.argv[1:]); upper.mkdir()\n"
        "seed(upper, Image(root, 'debian-12', ()), resolver='10.77.0.1', certificate=certificate)"
    )
    upper = tmp_path / "hidden"
    words = [str(upper), str(tmp_path / "root"), str(certificate)]
    subprocess.run([sys.executable, "-c", code, *words], check=True, timeout=30)
    real = [path for path in (upper, *upper.rglob("*")) if not path.is_symlink()]
    assert {path.stat().st_mode & 0o777 for path in real if path.is_dir()} == {0o755}
    assert {path.stat().st_mode & 0o777 for path in real if path.is_file()} == {0o644}


def test_an_invalid_certificate_is_an_error(tmp_path: Path, seeded: Path) -> None:
    del seeded  # this test uses its image
    upper = tmp_path / "second"
    upper.mkdir()
    broken = tmp_path / "broken.pem"
    broken.write_text("nonsense")
    image = Image(tmp_path / "root", "debian-12", ())
    with pytest.raises(PorterError, match="openssl"):
        seed(upper, image, resolver="10.77.0.1", certificate=broken)
