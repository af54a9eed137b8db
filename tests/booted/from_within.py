"""Ask on a host what the units that porter wrote may reach."""

from __future__ import annotations

from pathlib import PurePath

from porter.host.core.unit_file import HEADER
from tests.harness.staying import Staying

_WRITTEN = f"grep --recursive --files-with-matches '{HEADER.strip()}' /etc/systemd/system"
_TWIN = """\
twin=/run/systemd/system/asks-in-place.service
systemctl cat $0 | grep --extended-regexp '^(\\[Service\\]|(IP|Slice|Private|BPF)\\w*=)' > $twin
cat >> $twin <<END
[Service]
Type=oneshot
ExecStart=+$(command -v curl) --silent --max-time 3 --request PUT \
--header 'X-aws-ec2-metadata-token-ttl-seconds: 60' --output /dev/null \
http://169.254.169.254/latest/api/token
END
systemctl daemon-reload
systemctl start asks-in-place || true
systemctl show --property=ExecMainStatus --value asks-in-place
rm $twin
systemctl daemon-reload
"""
"""Start a twin of the unit $0, with its rules for the network, that asks for metadata."""

_REACHED, _REFUSED, _SILENT = "0", "7", "28"
"""Exit codes of curl(1)."""


def services_of_porter(there: Staying) -> set[str]:
    """Return every service that porter wrote, or to which it added lines."""
    found = map(PurePath, there.run("sh", "-c", _WRITTEN).splitlines())
    names = {
        path.parent.name.removesuffix(".d") if path.suffix == ".conf" else path.name
        for path in found
    }
    return {name for name in names if name.endswith(".service")}


def reach_metadata(there: Staying, units: set[str]) -> set[str]:
    """Return those of `units` from which instance metadata answers, whether they run or not."""
    codes = {unit: there.run("sh", "-c", _TWIN.replace("\\\n", ""), unit) for unit in sorted(units)}
    assert set(codes.values()) <= {_REACHED, _REFUSED, _SILENT}, codes
    return {unit for unit, code in codes.items() if code == _REACHED}
