"""Fill an instance's upper layer with what EC2, or an AMI, provides before the first boot."""

from __future__ import annotations

from pathlib import Path

from porter.rehearsal.machines.image.cache import Image
from porter.rehearsal.machines.image.trust import BUNDLE, trust

# Only EC2's data source; cloud-init recognizes EC2 by /sys/hypervisor/uuid. The list must stay on
# one line for cloud-init's ds-identify, a shell script.
_CLOUD_INIT = """\
datasource_list: [ Ec2 ]
datasource:
  Ec2:
    metadata_urls: [ "http://169.254.169.254" ]
    strict_id: false
    timeout: 5
    max_wait: 20
# systemd-networkd runs DHCP, as on Debian's own images.
network: { config: disabled }
# Else cloud-init 24 and later installs hotplug rules, for a udev that does not run.
updates: { network: { when: [ boot-new-instance ] } }
# Generating a locale takes seconds and a missing package. cloud-init 22.4 needs a string.
locale: "false"
# No SSH server runs, and an RSA key takes a second of a core to generate.
ssh_genkeytypes: [ ed25519 ]
"""

_NETWORK = """\
[Match]
Name=eth0

[Network]
DHCP=ipv4
# The network has no IPv6, and duplicate address detection takes 1.5 s.
LinkLocalAddressing=no

[DHCPv4]
# cloud-init sets it.
UseHostname=no
"""

# These take apt's lock at a random time, possibly while porter installs packages.
_MASKED = ("apt-daily.timer", "apt-daily-upgrade.timer")


def seed(upper: Path, image: Image, *, resolver: str, certificate: Path) -> None:
    """Fill `upper`, the empty upper layer of an overlay on `image`.

    `resolver` is the address of the network's DNS server, `certificate` the authority (PEM) that
    signs its AWS endpoints. Raises `PorterError` if it cannot be read.
    """
    for name, content in _files(resolver).items():
        file = upper / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    units = upper / "etc/systemd/system"
    units.mkdir(parents=True, exist_ok=True)
    for unit in _MASKED:
        (units / unit).symlink_to("/dev/null")
    trust(upper, image.root, certificate)
    _make_readable(upper)


def _make_readable(upper: Path) -> None:
    """Set modes regardless of the umask: the layer's folders hide those of the image."""
    upper.chmod(0o755)
    for path in upper.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def _files(resolver: str) -> dict[str, str]:
    return {
        "etc/cloud/cloud.cfg.d/99-ec2.cfg": _CLOUD_INIT,
        # An empty file makes systemd generate an id at the first boot.
        "etc/machine-id": "",
        "etc/resolv.conf": f"nameserver {resolver}\n",
        "etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
        "etc/systemd/network/80-ec2.network": _NETWORK,
        # botocore has its own authorities; this variable adds the system's.
        "etc/systemd/system.conf.d/10-porter.conf": (
            f"[Manager]\nDefaultEnvironment=AWS_CA_BUNDLE=/{BUNDLE}\n"
        ),
    }
