"""Fill an instance's upper layer with what EC2, or an AMI, puts there before the first boot."""

from __future__ import annotations

import json
from pathlib import Path

from porter.rehearsal.image.cache import Image
from porter.rehearsal.image.trust import BUNDLE, trust

# JSON is YAML. The platform itself is seen as EC2's, by /sys/hypervisor/uuid: no data source is
# named but EC2's, and no credentials or user data are on the disk.
_CLOUD_INIT = {
    "datasource_list": ["Ec2"],
    "datasource": {
        "Ec2": {
            "strict_id": False,
            "metadata_urls": ["http://169.254.169.254"],
            "timeout": 5,
            "max_wait": 20,
        }
    },
    # systemd-networkd asks for the address, as on Debian's images.
    "network": {"config": "disabled"},
    # Else cloud-init 24 and later wants to install hotplug rules into a udev that is not there.
    "updates": {"network": {"when": ["boot-new-instance"]}},
    # Generating one takes seconds, and the package is not on the image.
    "locale": False,
}

_NETWORK = "[Match]\nName=eth0\n\n[Network]\nDHCP=ipv4\n\n[DHCPv4]\nUseMTU=yes\n"

_MASKED: dict[str, str] = {}


def seed(upper: Path, image: Image, *, resolver: str, certificate: Path) -> None:
    """Fill `upper`, the empty upper layer of an overlay on `image`.

    `resolver` is the address of the network's DNS server, `certificate` the authority (PEM) that
    vouches for its AWS. Raises `PorterError` if that cannot be read.
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
    """Whatever the umask: the layer's folders, the topmost too, hide those of the image."""
    upper.chmod(0o755)
    for path in upper.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)


def _files(resolver: str) -> dict[str, str]:
    return {
        "etc/cloud/cloud.cfg.d/99-ec2.cfg": json.dumps(_CLOUD_INIT, indent=2),
        # Empty, it is made at the first boot; no two instances share one.
        "etc/machine-id": "",
        "etc/resolv.conf": f"nameserver {resolver}\n",
        "etc/hosts": "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
        "etc/systemd/network/80-ec2.network": _NETWORK,
        # botocore brings its own authorities along; this is how it learns of the system's.
        "etc/systemd/system.conf.d/10-porter.conf": (
            f"[Manager]\nDefaultEnvironment=AWS_CA_BUNDLE=/{BUNDLE}\n"
        ),
    }
